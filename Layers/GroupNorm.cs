namespace NanoAttention;

/// <summary>
/// The channels of (n, channels, …) normalised in groups (Wu and He 2018): <see cref="Tensor.GroupNorm"/>.
/// </summary>
public sealed class GroupNorm(int groups, int channels, double epsilon = 1e-5, bool affine = true) : Layer
{
    /// <summary>(channels), ones at first.</summary>
    public Tensor? Weight { get; } = affine ? Initialise.Constant(Initialise.Parameter([channels]), 1) : null;

    /// <summary>(channels), zeros at first.</summary>
    public Tensor? Bias { get; } = affine ? Initialise.Parameter([channels]) : null;

    public override Tensor Forward(Tensor x) => x.GroupNorm(groups, Weight, Bias, epsilon);

    internal static Case[] Cases =>
    [
        Case.Of(() => new GroupNorm(2, 4), (norm, x) => norm.Forward(x[0]), [[2, 4, 3]]),
        Case.Of(() => new GroupNorm(3, 3, 0.1, affine: false), (norm, x) => norm.Forward(x[0]), [[2, 3, 2, 2]]),
    ];
}
