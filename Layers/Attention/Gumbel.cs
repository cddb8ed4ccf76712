namespace NanoAttention;

/// <summary>
/// Draws from a softmax by the largest of noisy scores (Gumbel 1954): argmaxⱼ(eⱼ + gⱼ) is j with probability softmax(e)ⱼ, where
/// g = −ln(−ln u) and u is uniform on (0, 1).
/// </summary>
static class Gumbel
{
    /// <summary>g, shaped like the scores, of the default generator.</summary>
    public static Tensor Noise(Tensor scores) =>
        -(-Tensor.Uniform(scores.Shape, dtype: scores.DType, device: scores.Device).Clamp(1e-30, 1 - 1e-7).Log()).Log();

    /// <summary>1 at the places (b, t) I32, 0 elsewhere and in rows whose weights (b, t, s) are all 0.</summary>
    public static Tensor OneHot(Tensor places, Tensor weights)
    {
        var w = weights.Detach();
        var chosen = places.OneHot(w.Shape[^1], w.DType);
        return Tensor.Where(w.Sum(-1, keep: true) > 0, chosen, Tensor.Zeros([], w.DType, w.Device));
    }
}
