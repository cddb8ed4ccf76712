namespace NanoAttention;

/// <summary>Losses beside <see cref="Tensor.CrossEntropy"/>: means over all numbers, of rank 0.</summary>
public static class Loss
{
    /// <summary>mean (x − y)²</summary>
    public static Tensor MeanSquared(Tensor x, Tensor y)
    {
        CheckShapes("MeanSquared", x, y);
        var difference = x - y;
        return (difference * difference).Mean();
    }

    /// <summary>−mean (y ln σ(x) + (1 − y) ln(1 − σ(x))), as max(x, 0) − x y + ln(1 + e^−|x|), which overflows nowhere. y are probabilities.</summary>
    public static Tensor BinaryCrossEntropy(Tensor logits, Tensor y)
    {
        CheckShapes("BinaryCrossEntropy", logits, y);
        return (logits.Relu() - logits * y + ((-logits.Abs()).Exp() + 1).Log()).Mean();
    }

    static void CheckShapes(string op, Tensor x, Tensor y)
    {
        if (x.Shape != y.Shape) throw new ArgumentException($"{op}: {x.Shape} and {y.Shape}: the shapes must be the same");
    }

    internal static Case[] Cases =>
    [
        Case.Of((x, y) => MeanSquared(x, y), [3, 4], [3, 4]),
        Case.Of((x, y) => BinaryCrossEntropy(x, y), [3, 4], Input.Within(0.1, 0.9, [3, 4])),
    ];
}
