namespace NanoAttention;

/// <summary>
/// Ways to fill a parameter before training, in place, with random numbers of the default generator; each returns its argument.
/// A weight is (out, in, …): it is reached by in · … numbers (its fan in) and reaches out · … (its fan out).
/// </summary>
public static class Initialise
{
    /// <summary>A parameter of zeros.</summary>
    public static Tensor Parameter(Shape shape) => Tensor.Zeros(shape).RequireGrad();

    public static Tensor Constant(Tensor w, double value)
    {
        w.Fill(value);
        return w;
    }

    /// <summary>Uniform on [low, high).</summary>
    public static Tensor Uniform(Tensor w, double low, double high)
    {
        w.Storage.Touch();
        w.Device.Uniform(w, low, high, Defaults.Generator);
        return w;
    }

    /// <summary>Uniform within ±1/√fan: what PyTorch gives the weights and biases of Linear and the LSTM.</summary>
    public static Tensor UniformFan(Tensor w, int fan) => fan == 0 ? w : Uniform(w, -1 / Math.Sqrt(fan), 1 / Math.Sqrt(fan));

    public static Tensor Normal(Tensor w, double std = 1, double mean = 0)
    {
        w.Storage.Touch();
        w.Device.Normal(w, mean, std, Defaults.Generator);
        return w;
    }

    /// <summary>Uniform within ±gain √(6/(fan in + fan out)) (Glorot and Bengio 2010).</summary>
    public static Tensor XavierUniform(Tensor w, double gain = 1)
    {
        double bound = gain * Math.Sqrt(6.0 / (FanIn(w) + FanOut(w)));
        return Uniform(w, -bound, bound);
    }

    /// <summary>Gaussian with deviation gain √(2/(fan in + fan out)) (Glorot and Bengio 2010).</summary>
    public static Tensor XavierNormal(Tensor w, double gain = 1) => Normal(w, gain * Math.Sqrt(2.0 / (FanIn(w) + FanOut(w))));

    /// <summary>Uniform within ±gain √(3/fan in); the gain √2 keeps variances through relu (He et al. 2015).</summary>
    public static Tensor KaimingUniform(Tensor w, double gain = 1.4142135623730951)
    {
        double bound = gain * Math.Sqrt(3.0 / FanIn(w));
        return Uniform(w, -bound, bound);
    }

    /// <summary>Gaussian with deviation gain/√(fan in); the gain √2 keeps variances through relu (He et al. 2015).</summary>
    public static Tensor KaimingNormal(Tensor w, double gain = 1.4142135623730951) => Normal(w, gain / Math.Sqrt(FanIn(w)));

    /// <summary>gain times a random matrix (out, in · …) whose rows, or columns where there are fewer, are orthonormal (Saxe et al. 2014).</summary>
    public static Tensor Orthogonal(Tensor w, double gain = 1)
    {
        int outputs = FanShape(w)[0], inputs = w.Count / Math.Max(1, outputs);
        int count = Math.Min(outputs, inputs), size = Math.Max(outputs, inputs);
        var basis = Orthonormal(Tensor.Normal([count, size], dtype: DType.F64, device: Device.Cpu).ToArray<double>(), count, size);
        var flat = Tensor.From(basis, [count, size], Device.Cpu);
        if (outputs > inputs) flat = flat.Transpose();
        w.CopyFrom((flat * gain).Reshape(w.Shape.Sizes).To(w.DType).To(w.Device));
        return w;
    }

    // Gram and Schmidt, twice: once more is enough (Giraud et al. 2005).
    static double[] Orthonormal(double[] rows, int count, int size)
    {
        Span<double> Row(int i) => rows.AsSpan(i * size, size);
        for (int i = 0; i < count; i++)
        {
            for (int pass = 0; pass < 2; pass++)
                for (int j = 0; j < i; j++)
                {
                    double along = Dot(Row(i), Row(j));
                    for (int k = 0; k < size; k++) Row(i)[k] -= along * Row(j)[k];
                }
            double length = Math.Sqrt(Dot(Row(i), Row(i)));
            foreach (ref double x in Row(i)) x /= length;
        }
        return rows;

        static double Dot(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
        {
            double sum = 0;
            for (int k = 0; k < a.Length; k++) sum += a[k] * b[k];
            return sum;
        }
    }

    static int FanIn(Tensor w) => FanShape(w)[1..].Count;

    static int FanOut(Tensor w) => w.Count / Math.Max(1, FanShape(w)[1]);

    static Shape FanShape(Tensor w) => w.Rank >= 2 ? w.Shape : throw new ArgumentException($"Initialise: {w.Shape} has no fan; a weight is (out, in, …)");
}
