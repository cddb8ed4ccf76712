namespace NanoAttention.Benchmarks;

/// <summary>A kernel of the ladder from the definition of the matrix product to the kernel that the engine uses.</summary>
/// <param name="Threads">How many threads it runs on; 0 on a GPU.</param>
/// <param name="Most">The largest size that it is timed at.</param>
/// <param name="Prepare">Yields one run of C = A B.</param>
public sealed record Rung(string Name, Device Device, int Threads, int Most, Func<Tensor, Tensor, Tensor, Action> Prepare)
{
    /// <summary>How it rounds, which says how far off it may be.</summary>
    public MatMulPrecision Precision { get; init; }

    /// <summary>Where it runs, its name and, on the processor, how many threads.</summary>
    public string Title => Threads == 0 ? $"GPU {Name}" : $"CPU {Name}, {Threads} thread{(Threads == 1 ? "" : "s")}";
}

/// <summary>A rung of the matmul ladder for (size, size) × (size, size), its result checked before it is timed.</summary>
public sealed record Product(Rung Rung, int Size) : Work($"MatMul ladder: {Rung.Title}, n = {Size}", Rung.Device)
{
    static readonly int[] Sizes = [64, 128, 256, 512, 1024, 2048];

    /// <summary>Floating-point operations of a run.</summary>
    public double Flops => 2.0 * Size * Size * Size;

    /// <summary>Every rung at every size, smallest first.</summary>
    public static IEnumerable<Product> Of(IEnumerable<Rung> rungs) => from rung in rungs from size in Sizes where size <= rung.Most select new Product(rung, size);

    public override Action Prepare()
    {
        Defaults.Seed = 1;
        Tensor a = Tensor.Uniform([Size, Size], -1, 1, device: Device), b = Tensor.Uniform([Size, Size], -1, 1, device: Device), c = Tensor.Zeros([Size, Size], device: Device);
        var run = Rung.Prepare(a, b, c);
        run();
        Check(a, b, c);
        return run;
    }

    // |C − AB| ≤ γ |A||B| holds for every order of summation, with γ = K u/(1 − K u), u = 2⁻²⁴ (Higham, Accuracy and Stability of
    // Numerical Algorithms, 2002, section 3.5); of TF32 the bound is MatMulPrecision's.
    void Check(Tensor a, Tensor b, Tensor c)
    {
        using var scope = Scope.Begin();
        Tensor x = Exact(a), y = Exact(b);
        double gamma = Size / ((1 << 24) - (double)Size);
        if (Rung.Precision == MatMulPrecision.TensorFloat32) gamma = Math.Pow(2, -10) + Math.Pow(2, -22) + (Size + 2) * Math.Pow(2, -23);
        var excess = (Exact(c) - x.MatMul(y)).Abs() - gamma * x.Abs().MatMul(y.Abs());
        double worst = excess.Max().Item();
        if (!(worst <= 0)) throw new InvalidOperationException($"{Name}: a number of the product is off by {worst:g3} more than rounding explains");

        static Tensor Exact(Tensor t) => t.To(Device.Cpu).To(DType.F64);
    }
}
