namespace NanoAttention;

/// <summary>
/// Attention with linear biases (Press, Smith and Lewis 2022, §3): a head sees what is far away more weakly, each at its own rate.
/// <code>bias[h, i, j] = −mₕ |i − j|,  mₕ = 2^(−8(h + 1)/heads)</code>
/// The paper's is causal, where |i − j| = i − j; for a number of heads that is no power of 2 it takes slopes between those of the
/// next powers, here the same formula holds.
/// </summary>
public sealed class AlibiBias(int heads) : PositionBias
{
    public override Tensor Forward(int queries, int keys, int offset = 0)
    {
        Shape shape = [heads, queries, keys];
        var bias = shape.Numbers<double>("AlibiBias");
        for (int h = 0, at = 0; at < bias.Length; h++)
            for (int i = 0; i < queries; i++)
                for (int j = 0; j < keys; j++) bias[at++] = -Math.Pow(2, -8.0 * (h + 1) / heads) * Math.Abs((double)i + offset - j);
        return Tensor.Of(bias, shape);
    }

    internal static Case[] Cases => [Case.Of(() => new AlibiBias(2), (bias, x) => x[0] + bias.Forward(3, 4, offset: 1), [[2, 3, 4]])];
}
