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
    public static Tensor Uniform(Tensor w, double low, double high) => w.FillUniform(low, high);

    /// <summary>Uniform within ±1/√fan: what PyTorch gives the weights and biases of Linear and the LSTM.</summary>
    public static Tensor UniformFan(Tensor w, int fan) => fan == 0 ? w : Uniform(w, -1 / Math.Sqrt(fan), 1 / Math.Sqrt(fan));

    public static Tensor Normal(Tensor w, double std = 1, double mean = 0) => w.FillNormal(mean, std);

    /// <summary>Uniform within ±gain √(6/(fan in + fan out)) (Glorot and Bengio 2010).</summary>
    public static Tensor XavierUniform(Tensor w, double gain = 1)
    {
        double bound = gain * Math.Sqrt(6.0 / (FanIn(w) + FanOut(w)));
        return Uniform(w, -bound, bound);
    }

    /// <summary>Gaussian with deviation gain √(2/(fan in + fan out)) (Glorot and Bengio 2010).</summary>
    public static Tensor XavierNormal(Tensor w, double gain = 1) => Normal(w, gain * Math.Sqrt(2.0 / (FanIn(w) + FanOut(w))));

    /// <summary>
    /// Uniform within ±gain √(3/fan), the fan in unless the fan out is asked for; the gain √2 keeps variances through relu, √(2/(1 + a²))
    /// through leaky relu (He et al. 2015).
    /// </summary>
    public static Tensor KaimingUniform(Tensor w, double gain = 1.4142135623730951, bool fanOut = false)
    {
        double bound = gain * Math.Sqrt(3.0 / (fanOut ? FanOut(w) : FanIn(w)));
        return Uniform(w, -bound, bound);
    }

    /// <summary>Gaussian with deviation gain/√fan; see <see cref="KaimingUniform"/>.</summary>
    public static Tensor KaimingNormal(Tensor w, double gain = 1.4142135623730951, bool fanOut = false) =>
        Normal(w, gain / Math.Sqrt(fanOut ? FanOut(w) : FanIn(w)));

    /// <summary>Gaussian, given that it lies in [low, high]: by the inverse of its distribution function, of uniform numbers.</summary>
    public static Tensor TruncatedNormal(Tensor w, double std = 1, double mean = 0, double low = -2, double high = 2)
    {
        if (std <= 0 || low >= high) throw new ArgumentException($"Initialise.TruncatedNormal: deviation {std} and range [{low}, {high}]: the first must be above 0, the second not empty");
        double width = std * Math.Sqrt(2);
        Uniform(w, Erf(low), Erf(high));
        w.CopyFrom((w.Detach().Erfinv() * width + mean).Clamp(low, high));
        return w;

        double Erf(double x) => Tensor.Scalar((x - mean) / width, DType.F64, Device.Cpu).Erf().Item();
    }

    /// <summary>1 on the diagonal of a matrix, 0 elsewhere: y = x as far as there are places for it.</summary>
    public static Tensor Eye(Tensor w)
    {
        w.CopyFrom(Tensor.Eye(FanShape(w)[0], w.Shape[1], w.DType, w.Device));
        return w;
    }

    /// <summary>A convolution's weight that lets as many channels of each group through as there are, as they are.</summary>
    public static Tensor Dirac(Tensor w, int groups = 1)
    {
        int outputs = FanShape(w)[0], inputs = w.Shape[1];
        if (groups < 1 || outputs % groups != 0) throw new ArgumentException($"Initialise.Dirac: {groups} groups do not divide the {outputs} outputs of {w.Shape}");
        if (w.Count == 0) return w;
        int place = 0;                          // the middle of the kernel
        foreach (int size in w.Shape.Sizes[2..]) place = place * size + size / 2;
        int kernel = w.Shape[2..].Count;
        var values = new double[w.Count];
        for (int i = 0; i < outputs; i++)
            if (i % (outputs / groups) is var channel && channel < inputs) values[(i * inputs + channel) * kernel + place] = 1;
        w.CopyFrom(Tensor.Of(values, w.Shape, w.DType).To(w.Device));
        return w;
    }

    /// <summary>Gaussian, but for a part of each column that is 0: as many numbers as that part of the rows, rounded up (Martens 2010).</summary>
    public static Tensor Sparse(Tensor w, double part, double std = 0.01)
    {
        int rows = FanShape(w)[0], columns = w.Shape[1], zeros = (int)Math.Ceiling(part * rows);
        Normal(w, std);
        var order = Tensor.Uniform([rows, columns], 0, 1, DType.F64, Device.Cpu).ArgSort(0).ArgSort(0);
        w.CopyFrom(w.Detach().MaskedFill((order < Tensor.Scalar(zeros, DType.I32, Device.Cpu)).To(w.Device), 0));
        return w;
    }

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
