namespace NanoAttention;

/// <summary>In training, sets each number to 0 with probability p and divides the others by 1 − p (Srivastava et al. 2014); else the identity.</summary>
public sealed class Dropout(double p) : Layer
{
    public override Tensor Forward(Tensor x) => Training ? x.Dropout(p) : x;

    internal static Case[] Cases => [Case.Of(() => new Dropout(0.3), (dropout, x) => dropout.Forward(x[0]), [[4, 7]])];
}
