namespace NanoAttention;

public sealed partial class Tensor
{
    /// <summary>
    /// Every number divided by a power of the mean square of its neighbours, the <c>size</c> channels around its own, those that are not
    /// there counted as 0 (Krizhevsky, Sutskever and Hinton 2012, §3.3). Shapes: x (n, channels, …) → the same.
    /// <code>y[c] = x[c]/(k + alpha/size Σ x[c′]²)^beta over c − ⌊size/2⌋ ≤ c′ ≤ c + ⌊(size − 1)/2⌋</code>
    /// </summary>
    public Tensor LocalResponseNorm(int size, double alpha = 1e-4, double beta = 0.75, double k = 1)
    {
        CheckChannels("LocalResponseNorm");
        if (size < 1) throw new ArgumentOutOfRangeException(nameof(size), $"LocalResponseNorm: the size {size} is not positive");
        var near = (this * this).Transpose(1, -1).AvgPool([size], 1, WindowPadding.Between(size / 2, (size - 1) / 2)).Transpose(1, -1);
        return this / (alpha * near + k).Pow(beta);
    }

    static Case[] LocalResponseNormCases =>
    [
        Case.Of(x => x.LocalResponseNorm(3, 0.5), [2, 5, 3]),
        Case.Of(x => x.LocalResponseNorm(4, 0.1, 1.5, 2), [2, 3, 2, 2]),
    ];
}
