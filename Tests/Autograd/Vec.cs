namespace NanoAttention.Tests;

/// <summary>A few numbers with a gradient: the reverse pass and the gradient check on something other than a scalar or a tensor.</summary>
sealed class Vec(params double[] data) : IVariable<Vec>
{
    public double[] Data => data;
    public Vec? Grad { get; set; }
    public Node<Vec>? Source { get; set; }
    public Span<double> Elements => data;

    public static Vec Random(int n, int seed, double scale = 1)
    {
        var random = new Random(seed);
        return new([.. Enumerable.Range(0, n).Select(_ => scale * Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()))]);
    }

    public static Vec operator +(Vec a, Vec b) => Reverse.Record(Zip(a, b, (x, y) => x + y), [(a, dy => dy), (b, dy => dy)], "Add");
    public static Vec operator *(Vec a, Vec b) => Reverse.Record(Zip(a, b, (x, y) => x * y), [(a, dy => dy * b), (b, dy => dy * a)], "Multiply");
    public static Vec operator *(double c, Vec a) => Reverse.Record(a.Map(v => c * v), [(a, dy => c * dy)], "Scale");
    public Vec Exp() { var y = Map(Math.Exp); return Reverse.Record(y, [(this, dy => dy * y)]); }
    public Vec Log() => Reverse.Record(Map(Math.Log), [(this, dy => dy * Reciprocal())]);
    public Vec Sqrt() => Reverse.Record(Map(Math.Sqrt), [(this, dy => 0.5 * (dy * Sqrt().Reciprocal()))]);
    public Vec Reciprocal() { var y = Map(v => 1 / v); return Reverse.Record(y, [(this, dy => -1 * (dy * y * y))]); }
    public Vec Tanh() { var y = Map(Math.Tanh); return Reverse.Record(y, [(this, dy => dy + -1 * (dy * y * y))]); }
    public Vec Sum() => Reverse.Record(new Vec(data.Sum()), [(this, dy => dy.Spread(data.Length))]);
    public Vec Spread(int n) => Reverse.Record(new Vec([.. Enumerable.Repeat(data[0], n)]), [(this, dy => dy.Sum())]);

    /// <summary>max(x, 0) with the slope at 0 given.</summary>
    public Vec Relu(double slopeAt0 = 0) => Reverse.Record(Map(v => Math.Max(v, 0)), [(this, dy => dy * Map(v => v > 0 ? 1 : v < 0 ? 0 : slopeAt0))]);

    /// <summary>y = softmax(x), dx = y ⊙ (dy − ⟨dy, y⟩).</summary>
    public Vec Softmax() => Softmax((y, dy) => y * (dy + -1 * (dy * y).Sum().Spread(data.Length)));

    /// <summary>softmax(x) with a backward of one's own (y, dy) → dx.</summary>
    public Vec Softmax(Func<Vec, Vec, Vec> backward)
    {
        double max = data.Max(), sum = data.Sum(v => Math.Exp(v - max));
        var y = Map(v => Math.Exp(v - max) / sum);
        return Reverse.Record(y, [(this, dy => backward(y, dy))]);
    }

    public Vec Map(Func<double, double> f) => new([.. data.Select(f)]);
    static Vec Zip(Vec a, Vec b, Func<double, double, double> f) => new([.. a.Data.Zip(b.Data, f)]);

    void IVariable<Vec>.Accumulate(Vec more)
    {
        for (int i = 0; i < data.Length; i++) data[i] += more.Data[i];
    }

    Vec IVariable<Vec>.Copy() => new([.. data]);
    static Vec IVariable<Vec>.One(Vec root) => root.Data.Length == 1 ? new(1) : throw new InvalidOperationException($"Backward: {root.Data.Length} numbers; start from a single one, or give a seed");

    void IVariable<Vec>.CheckGradient(Vec gradient, string op)
    {
        if (gradient.Data.Length != data.Length) throw new InvalidOperationException($"{op}: a gradient of {gradient.Data.Length} numbers for {data.Length}");
    }
}
