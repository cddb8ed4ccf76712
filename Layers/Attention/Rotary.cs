namespace NanoAttention;

/// <summary>
/// Rotary places (Su et al. 2021, §3.2): the pair i of features at place t is turned by the angle t · base^(−2i/d), so that the dot
/// product of a query at t and a key at s depends on t − s alone. Pairs are (xᵢ, xᵢ₊d/2), the halves of GPT-NeoX and LLaMA, or
/// (x₂ᵢ, x₂ᵢ₊₁), interleaved, as in the paper and GPT-J.
/// <code>(a, b) ↦ (a cos θ − b sin θ, b cos θ + a sin θ)</code>
/// Shapes: (…, t, d) → the same.
/// </summary>
public sealed class Rotary(double @base = 10_000, bool interleaved = false) : Layer
{
    public override Tensor Forward(Tensor x) => Forward(x, offset: 0);

    /// <param name="offset">The place of the first vector.</param>
    public Tensor Forward(Tensor x, int offset)
    {
        if (x.Rank < 2 || x.Shape[^1] % 2 != 0)
            throw new ArgumentException($"Rotary: the input {x.Shape} must be (…, t, d) with an even d, whose features make pairs");
        int half = x.Shape[^1] / 2;
        var (a, b) = interleaved ? (x.Slice(-1, 0, half, 2), x.Slice(-1, 1, half, 2)) : (x.Slice(-1, 0, half), x.Slice(-1, half, half));
        var (cos, sin) = Turns(x, offset);                                              // (t, d/2)
        var (left, right) = (a * cos - b * sin, b * cos + a * sin);
        return interleaved ? Tensor.Stack([left, right], -1).Reshape(x.Shape.Sizes) : Tensor.Concat([left, right], -1);
    }

    (Tensor Cos, Tensor Sin) Turns(Tensor x, int offset)
    {
        var (time, half) = (x.Shape[^2], x.Shape[^1] / 2);
        var (cos, sin) = (new double[time * half], new double[time * half]);
        for (int t = 0; t < time; t++)
            for (int i = 0; i < half; i++)
                (sin[t * half + i], cos[t * half + i]) = Math.SinCos((t + offset) * Math.Pow(@base, -i / (double)half));
        return (Tensor.Of(cos, [time, half], x.DType, x.Device), Tensor.Of(sin, [time, half], x.DType, x.Device));
    }

    internal static Case[] Cases =>
    [
        Case.Of(() => new Rotary(), (rotary, x) => rotary.Forward(x[0], offset: 2), [[2, 3, 4]]),
        Case.Of(() => new Rotary(500, interleaved: true), (rotary, x) => rotary.Forward(x[0]), [[2, 2, 3, 6]]),
    ];
}
