using Xunit;

namespace NanoAttention.Tests;

/// <summary>A determinant's value, and its slope where there is no inverse.</summary>
public sealed class DetTests
{
    [Fact]
    public void A_determinant_is_that_of_elimination()
    {
        var x = Tensor.Of([2, -1, 0, 3, 4, 1, 5, -2, 0, 6, 1, 1, -3, 2, 2, 7], [4, 4], DType.F64);
        Assert.Equal(-812.0, x.Det().Item(), 1e-12);
        Assert.Equal(1, Tensor.Zeros([2, 0, 0], DType.F64).Det().ToDoubles()[1]);
    }

    [Fact]
    public void A_matrix_without_an_inverse_has_the_gradient_of_its_cofactors()
    {
        var x = Tensor.Of([1, 2, 2, 4], [2, 2], DType.F64).RequireGrad();
        x.Det().Backward();
        Assert.Equal([4, -2, -2, 1], x.Grad!.ToDoubles());
    }
}
