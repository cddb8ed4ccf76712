using static NanoAttention.Reverse;

namespace NanoAttention;

public sealed partial class Tensor
{
    /// <summary>
    /// Each number is set to 0 with probability p, the others are divided by 1 − p, so that the mean stays (Srivastava et al. 2014).
    /// The random numbers come from the default generator; no mask is stored.
    /// </summary>
    public Tensor Dropout(double p)
    {
        if (p is not (>= 0 and <= 1)) throw new ArgumentOutOfRangeException(nameof(p), $"Dropout: the probability {p} is not between 0 and 1");
        CheckFloat("Dropout");
        if (p == 0) return this;
        var generator = Defaults.Generator;
        return Dropout(p, generator.Seed, generator.Take(Count));
    }

    // Linear in x, so its pullback is itself.
    Tensor Dropout(double p, ulong seed, ulong position)
    {
        var x = Contiguous();
        var y = Like(x);
        Device.Dropout(x, y, p, seed, position);
        return Record(y, [(x, dy => dy.Dropout(p, seed, position))]);
    }

    static Case[] DropoutCases => [Case.Of(x => x.Dropout(0.3, 7, 5), [3, 17])];
}
