using NanoAttention.Kernels;
using Xunit;

namespace NanoAttention.Tests;

/// <summary>
/// A linear layer and its activation in one pass, which only who wants no gradient gets: what cases, which want one, do not see.
/// </summary>
[Collection(AloneCollection.Name)]
public class LinearTests
{
    public static TheoryData<int[], int> Shapes => new()
    {
        { [1, 1], 1 }, { [5], 3 }, { [2, 3, 7], 5 }, { [4, 700], 65 }, { [37, 1100], 131 }, { [300, 64], 96 }, { [20, 40], 1100 },
        { [3, 0], 4 }, { [0, 3], 4 }, { [3, 4], 0 },
    };

    [Theory, MemberData(nameof(Shapes))]
    public void One_pass_has_the_bits_of_two_with_any_number_of_threads(int[] shape, int outputs)
    {
        var workers = Device.Cpu.Workers(all: true);
        var (threads, worth) = (Device.Cpu.Threads, workers.WorthSharing);
        try
        {
            workers.WorthSharing = 0;
            foreach (var type in (DType[])[DType.F32, DType.F64])
                foreach (int count in (int[])[1, 2, 3])
                {
                    Device.Cpu.Threads = count;
                    Check(shape, outputs, type);
                }
        }
        finally
        {
            (Device.Cpu.Threads, workers.WorthSharing) = (threads, worth);
        }
    }

    [Fact, Trait("Category", "Gpu")]
    public void One_pass_is_two_on_the_GPU()
    {
        Assert.SkipWhen(Device.WhyNoGpu is not null, $"{Device.WhyNoGpu}");
        using var _ = Defaults.With(DType.F32, Device.Gpu, seed: 5);
        Tensor x = Tensor.Normal([2, 3, 4]), weight = Tensor.Normal([5, 4]), bias = Tensor.Normal([5]);
        Assert.Equal(x.Linear(weight, bias).Relu().ToDoubles(), x.Linear(weight, bias, default(Tensor.ReluFormula)).ToDoubles());
    }

    static void Check(int[] shape, int outputs, DType type)
    {
        using var _ = Defaults.With(type, seed: 5);
        Tensor x = Tensor.Normal(Shape.Create(shape)), weight = Tensor.Normal([outputs, shape[^1]]), bias = Tensor.Normal([outputs]);
        Compare<Tensor.GeluFormula>();
        Compare<Tensor.GeluTanhFormula>();
        Compare<Tensor.ReluFormula>();
        Compare<Tensor.TanhFormula>();
        Compare<Tensor.SigmoidFormula>();
        Compare<Tensor.SiluFormula>();

        void Compare<F>() where F : struct, IUnary
        {
            foreach (var b in (Tensor?[])[null, bias, .. x.Rank == 2 ? (Tensor[])[Tensor.Normal([shape[0], outputs])] : []])
            {
                double[] expected = x.Linear(weight, b).Map<F>().ToDoubles();
                Assert.Equal(expected, x.Linear(weight, b, default(F)).ToDoubles());
                Assert.Equal(expected, x.Detach().RequireGrad().Linear(weight, b, default(F)).ToDoubles());
            }
            Tensor turned = Tensor.Normal([shape[^1], 9]).Transpose();                                // (9, in), columns along memory
            Assert.Equal(turned.Linear(weight).Map<F>().ToDoubles(), turned.Linear(weight, null, default(F)).ToDoubles());
        }
    }

    [Fact]
    public void Each_pass_is_named_and_one_pass_is_the_products()
    {
        Tensor x = Tensor.Ones([2, 3]), weight = Tensor.Ones([4, 3]);
        using var profile = Profile.Begin();
        x.Linear(weight, null, default(Tensor.ReluFormula), "Relu");
        Assert.Equal(["Linear"], profile.Rows.Select(row => row.Op));
        x.Linear(weight.RequireGrad(), null, default(Tensor.ReluFormula), "Relu");
        Assert.Equal(["Linear", "Relu"], profile.Rows.Select(row => row.Op).Order());
    }

    [Fact]
    public void What_does_not_fit_is_refused()
    {
        Tensor x = Tensor.Ones([2, 3]), weight = Tensor.Ones([4, 3]);
        Refuses("Linear: (2, 3) does not fit the weight (3, 4)", () => x.Linear(weight.Transpose(), null, default(Tensor.ReluFormula)));
        Refuses("the bias (3) does not fit", () => x.Linear(weight, Tensor.Ones([3]), default(Tensor.ReluFormula)));

        static void Refuses(string why, Func<object> f) => Assert.Contains(why, Assert.Throws<ArgumentException>(f).Message);
    }
}
