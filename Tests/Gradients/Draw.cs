namespace NanoAttention.Tests.Gradients;

/// <summary>
/// Random decisions, one after the other. Each takes the next number of a list, or 0, the simplest choice, behind its end: FsCheck makes
/// the list and shrinks it, and with it whatever is made of it.
/// </summary>
sealed class Draw(int[] choices)
{
    int next, tensors;

    /// <summary>low … high, the lowest where the choice is 0.</summary>
    public int Int(int low, int high) => low + (next < choices.Length ? choices[next++] : 0) % (high - low + 1);

    public bool Flag() => Int(0, 1) == 1;

    public T Of<T>(params ReadOnlySpan<T> values) => values[Int(0, values.Length - 1)];

    /// <summary>An axis of a tensor, or −1, −2, … from its end.</summary>
    public int Axis(Operand x) => Axis(x.Shape.Rank);

    public int Axis(int rank) => Flag() ? Int(0, rank - 1) - rank : Int(0, rank - 1);

    /// <summary>Some of the axes, none twice, in any order.</summary>
    public int[] Axes(int rank)
    {
        int[] order = Order(rank);
        return order[..Int(Math.Min(1, rank), rank)];
    }

    /// <summary>0 … n − 1 in any order.</summary>
    public int[] Order(int n)
    {
        var left = Enumerable.Range(0, n).ToList();
        var order = new int[n];
        for (int i = 0; i < n; i++)
        {
            int at = Int(0, left.Count - 1);
            order[i] = left[at];
            left.RemoveAt(at);
        }
        return order;
    }

    /// <summary>Sizes of 1 to 4, and of 0 where nothing asks for more.</summary>
    public Shape Shape(int minRank, int maxRank, bool filled = true)
    {
        int rank = Int(minRank, maxRank);
        return [.. Enumerable.Range(0, rank).Select(_ => Size(filled))];
    }

    public int Size(bool filled = true) => Int(0, 11) switch { < 3 => 1, < 6 => 2, < 9 => 3, 9 => 4, 10 => 5, _ => filled ? 1 : 0 };

    /// <summary>A shape that stretches to the given one: leading axes left out, others 1.</summary>
    public Shape Part(Shape whole) =>
        [.. Enumerable.Range(0, whole.Rank).Skip(Int(0, whole.Rank)).Select(i => Int(0, 3) == 3 ? 1 : whole[i])];

    /// <summary>Two shapes, and the one that both stretch to.</summary>
    public (Shape A, Shape B) Pair(int maxRank = 3)
    {
        var whole = Shape(0, maxRank, filled: false);
        Shape part = Part(whole), other = Flag() ? Part(whole) : whole;
        return Flag() ? (part, other) : (other, part);
    }

    public Operand Tensor(int minRank, int maxRank, bool filled = true) => Tensor(Shape(minRank, maxRank, filled));

    /// <summary>Numbers in [low, high], none twice, nor in another tensor; in memory in any order of the axes.</summary>
    public Operand Tensor(Shape shape, double low = -2, double high = 2)
    {
        int[] order = Flag() ? Order(shape.Rank) : [.. Enumerable.Range(0, shape.Rank)];
        using var _ = Defaults.With(DType.F64, Device.Cpu, (ulong)(60 * tensors++ + Int(0, 59)));
        return new(NanoAttention.Tensor.Uniform([.. order.Select(i => shape[i])], low, high).RequireGrad(),
            [.. Enumerable.Range(0, shape.Rank).Select(i => Array.IndexOf(order, i))]);
    }

    /// <summary>Integers from low to below count.</summary>
    public (Tensor Tensor, Grid<int> Grid) Indices(Shape shape, int count, int low = 0)
    {
        int[] values = [.. Enumerable.Range(0, shape.Count).Select(_ => Int(low, count - 1))];
        return (NanoAttention.Tensor.From(values, shape), new(shape, values));
    }

    /// <summary>True or false.</summary>
    public (Tensor Tensor, Grid<bool> Grid) Mask(Shape shape)
    {
        bool[] values = [.. Enumerable.Range(0, shape.Count).Select(_ => Int(0, 3) < 3)];
        return (NanoAttention.Tensor.From(values, shape), new(shape, values));
    }
}

/// <summary>A leaf, and its view with permuted axes, which the op is given.</summary>
sealed class Operand(Tensor leaf, int[] order)
{
    public Tensor Leaf => leaf;

    public Shape Shape { get; } = [.. order.Select(i => leaf.Shape[i])];

    /// <summary>A tensor like the leaf as the op sees it.</summary>
    public Tensor View(Tensor like) => like.Permute(order);

    public override string ToString() => $"{Shape}{(order.Order().SequenceEqual(order) ? "" : " permuted")}";
}
