namespace NanoAttention;

/// <summary>Whether the query at place i may see the key at place j.</summary>
public delegate bool Sees(int i, int j);

/// <summary>What may be seen: rules on places, and the tensors made of them.</summary>
public static class Masks
{
    /// <summary>Itself and what came before.</summary>
    public static Sees Causal { get; } = (i, j) => j <= i;

    /// <summary>The last <c>size</c> places, itself among them (Beltagy, Peters and Cohan 2020, §3.1, looking back alone).</summary>
    public static Sees Window(int size) => Dilated(size, 1);

    /// <summary>Places at most <c>reach</c> away on either side.</summary>
    public static Sees Around(int reach) => (i, j) => i - j <= reach && j - i <= reach;

    /// <summary>Itself and the places step, 2 step, … before, <c>size</c> in all (Beltagy, Peters and Cohan 2020, §3.1).</summary>
    public static Sees Dilated(int size, int step)
    {
        if (size < 1 || step < 1) throw new ArgumentException($"Masks: a window of {size} places, {step} apart: both must be positive");
        return (i, j) => j <= i && (i - j) % step == 0 && (i - j) / step < size;
    }

    /// <summary>The last <c>stride</c> places and every stride-th before them (Child et al. 2019, §4.2).</summary>
    public static Sees Strided(int stride) => stride < 1 ? throw new ArgumentOutOfRangeException(nameof(stride), $"Masks: a stride of {stride} places; it must be positive")
        : (i, j) => j <= i && (i - j < stride || (i - j) % stride == 0);

    /// <summary>Blocks of <c>size</c> × <c>size</c> places that are seen whole or not at all: <c>seen[i, j]</c> for block i of the queries
    /// and j of the keys.</summary>
    public static Sees Blocks(bool[,] seen, int size)
    {
        ArgumentNullException.ThrowIfNull(seen);
        if (size < 1) throw new ArgumentOutOfRangeException(nameof(size), $"Masks: blocks of {size} places; there must be at least one");
        return (i, j) => (uint)i / (uint)size < seen.GetLength(0) && (uint)j / (uint)size < seen.GetLength(1) ? seen[i / size, j / size]
            : throw new ArgumentException($"Masks: query {i} and key {j} lie outside {seen.GetLength(0)} × {seen.GetLength(1)} blocks of {size}");
    }

    /// <summary>What both rules allow.</summary>
    public static Sees And(Sees one, Sees other) => (i, j) => one(i, j) && other(i, j);

    /// <summary>(queries, keys) Bool by a rule; the first query is at place <c>offset</c>, the first key at 0.</summary>
    public static Tensor Of(Sees sees, int queries, int keys, int offset = 0, Device? device = null)
    {
        Shape shape = [queries, keys];
        var seen = shape.Numbers<bool>("Masks");
        for (int i = 0; i * keys < seen.Length; i++)
            for (int j = 0; j < keys; j++) seen[i * keys + j] = sees(i + offset, j);
        return Tensor.From(seen, shape, device);
    }

    /// <summary>What is added to scores instead of a Bool mask: 0 where it is true, −∞ elsewhere.</summary>
    public static Tensor Bias(Tensor mask, DType? dtype = null) =>
        Tensor.Zeros(mask.Shape, dtype, mask.Device).MaskedFill(!mask, double.NegativeInfinity);

    /// <summary>The softmax over the last axis, among what the mask allows if there is one; 0 in a row that may see nothing.</summary>
    internal static Tensor Softmax(Tensor scores, Tensor? mask) => mask is null ? scores.Softmax() : scores.Softmax(mask);
}
