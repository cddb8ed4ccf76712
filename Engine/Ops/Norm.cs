namespace NanoAttention;

public sealed partial class Tensor
{
    /// <summary>(Σ |xᵢ|ᵖ)^(1/p) of all numbers, of rank 0.</summary>
    public Tensor Norm(double p = 2) => Norm(p, AllAxes());

    /// <summary>
    /// (Σ |xᵢ|ᵖ)^(1/p) along the given axes. p = ∞ is the largest |xᵢ|, p = −∞ the smallest, p = 0 how many are not 0. The gradient of
    /// what is 0 is 0.
    /// </summary>
    public Tensor Norm(double p, ReadOnlySpan<int> axes, bool keep = false)
    {
        CheckFloat("Norm");
        if (p == 0) return NotEqualTo(0).To(DType).Sum(axes, keep);
        if (double.IsInfinity(p)) return p > 0 ? Abs().Max(axes, keep) : Abs().Min(axes, keep);
        if (p == 1) return Abs().Sum(axes, keep);
        double atZero = p > 0 ? 0 : double.PositiveInfinity;
        var sum = p == 2 ? (this * this).Sum(axes, keep) : Safe(Abs(), x => x.Pow(p), atZero).Sum(axes, keep);
        return Safe(sum, x => p == 2 ? x.Sqrt() : x.Pow(1 / p), atZero);

        // f where a number is not 0, whose slope there may be infinite
        static Tensor Safe(Tensor x, Func<Tensor, Tensor> f, double atZero)
        {
            var zero = x.EqualTo(0);
            return f(x.MaskedFill(zero, 1)).MaskedFill(zero, atZero);
        }
    }

    /// <summary>x / max(‖x‖ₚ, ε) along an axis: of length 1 where it is not tiny.</summary>
    public Tensor Normalize(double p = 2, int axis = 1, double epsilon = 1e-12) => this / Norm(p, [axis], keep: true).Clamp(low: epsilon);

    /// <summary>How many numbers along the given axes (all, if none) are not 0, NaN included: I32.</summary>
    public Tensor CountNonZero(params ReadOnlySpan<int> axes) =>
        (DType == DType.Bool ? this : NotEqualTo(0)).To(Device is CpuDevice ? DType.F64 : DType.F32)
            .Sum(axes.Length == 0 ? AllAxes() : axes).To(DType.I32);

    /// <summary>Whether any number along the given axes (all, if none) is not 0: Bool; false of nothing.</summary>
    public Tensor Any(params ReadOnlySpan<int> axes) => CountNonZero(axes) > 0;

    /// <summary>Whether all numbers along the given axes (all, if none) are not 0: Bool; true of nothing.</summary>
    public Tensor All(params ReadOnlySpan<int> axes) => (DType == DType.Bool ? !this : EqualTo(0)).CountNonZero(axes).EqualTo(0);

    static Case[] NormCases =>
    [
        Case.Of(x => x.Norm(), [3, 4]),
        Case.Of(x => x.Norm(2, [1], keep: true), [3, 5]),
        Case.Of(x => x.Norm(3, [0, 2]), [2, 3, 4]),
        Case.Of(x => x.Norm(0.5, [1]), [2, 4]),
        Case.Of(x => x.Norm(-1.5, [1]), [2, 4]),
        Case.Of(x => x.Norm(1, [0]), [4, 2]),
        Case.Of(x => x.Norm(0, [0]) * x, [4, 2]),
        Case.Of(x => x.Norm(double.PositiveInfinity, [1]), [2, 4]),
        Case.Of(x => x.Norm(double.NegativeInfinity, [1]), [2, 4]),
        Case.Of(x => (0 * x).Norm(2, [1]), [2, 3]),
        Case.Of(x => x.Normalize(), [3, 5]),
        Case.Of(x => x.Normalize(1, -2), [3, 5]),
    ];
}
