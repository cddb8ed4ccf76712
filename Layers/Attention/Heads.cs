namespace NanoAttention;

/// <summary>What the layers of multi-head attention have in common.</summary>
static class Heads
{
    /// <summary>The number of heads; throws, naming the layer, where they do not share its size equally.</summary>
    public static int Of(string layer, int size, int heads) => heads > 0 && size % heads == 0 ? heads
        : throw new ArgumentException(
            $"{layer}: {heads} heads do not divide the size {size}: each must get the same whole number of features");

    /// <summary>(b, t, h · n) as count × (b, h, t, n/count): what one product has made for all heads, taken apart.</summary>
    public static Tensor[] Split(Tensor x, int count, int heads)
    {
        var parts = x.Reshape(x.Shape[0], x.Shape[1], count, heads, x.Shape[2] / count / heads).Unbind(2);
        return Array.ConvertAll(parts, part => part.Transpose(1, 2));
    }

    /// <summary>(b, h, t, n) → (b, t, h · n)</summary>
    public static Tensor Merge(Tensor x) => x.Transpose(1, 2).Reshape(x.Shape[0], x.Shape[2], x.Shape[1] * x.Shape[3]);

    /// <summary>Scaled dot-product attention, with the weights if asked.</summary>
    public static (Tensor Y, Tensor? Weights) Attend(Tensor q, Tensor k, Tensor v, Tensor? mask, Tensor? bias, bool causal,
        double dropout, bool weighed, double? scale = null) =>
        weighed ? Tensor.ScaledDotProductAttentionWithWeights(q, k, v, mask, bias, causal, scale, dropout)
        : (Tensor.ScaledDotProductAttention(q, k, v, mask, bias, causal, scale, dropout), null);
}
