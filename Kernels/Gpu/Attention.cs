using ILGPU;
using ILGPU.Util;

namespace NanoAttention.Kernels.Gpu;

/// <summary>What the kernels over an attention's scores need to know of it: <see cref="Cpu.AttentionShape"/> without its operands.</summary>
public readonly struct AttentionShape(Cpu.AttentionShape shape)
{
    readonly int heads = shape.Heads, queries = shape.Queries, causal = shape.Causal ? 1 : 0, least = (int)Math.Ceiling(shape.Dropout * (1 << 24));
    readonly int maskBatch = shape.Mask.Batch, maskHead = shape.Mask.Head, maskQuery = shape.Mask.Query, maskKey = shape.Mask.Key;
    readonly int biasBatch = shape.Bias.Batch, biasHead = shape.Bias.Head, biasQuery = shape.Bias.Query, biasKey = shape.Bias.Key;
    readonly float kept = (float)(1 / (1 - shape.Dropout));
    readonly ulong seed = shape.Seed, offset = shape.Offset;

    public readonly int Keys = shape.Keys;
    public readonly float Scale = (float)shape.Scale;

    /// <summary>scale · product + bias; −∞ where the query of row <paramref name="row"/> may not see the key.</summary>
    internal float Score(float product, int row, int key, ArrayView<byte> mask, ArrayView<float> bias)
    {
        int head = row / queries, query = row - head * queries, batch = head / heads;
        head -= batch * heads;
        float score = product * Scale;
        if (bias.Length > 0) score += bias[batch * biasBatch + head * biasHead + query * biasQuery + key * biasKey];
        if (mask.Length > 0) score = Utilities.Select(mask[batch * maskBatch + head * maskHead + query * maskQuery + key * maskKey] != 0, score, float.NegativeInfinity);
        return Utilities.Select((causal != 0) & (key > query), float.NegativeInfinity, score);
    }

    /// <summary>What dropout multiplies weight <paramref name="i"/> of the whole by.</summary>
    internal float Kept(int i)
    {
        if (least == 0) return 1;
        ulong k = offset + (ulong)i;
        return Utilities.Select((int)(Philox.Bits(seed, k / 4).At((int)(k % 4)) >> 8) >= least, kept, 0);
    }
}

/// <summary>
/// Scaled dot-product attention, y = softmax(scale · q kᵀ + bias) v, between its matrix products: what is done to the scores
/// (batch, heads, queries, keys), which are all held. A query that may see nothing has weights 0, and log-sum-exp −∞. A group takes a row.
/// </summary>
public static class Attention
{
    /// <summary>In place, from products q kᵀ to weights, after dropout; and lse = log Σⱼ exp(sⱼ).</summary>
    /// <param name="mask">1 where a query may see a key, 0 where not; empty for none.</param>
    /// <param name="bias">Added to the scores; empty for none.</param>
    public static void Forward(ArrayView<float> scores, ArrayView<byte> mask, ArrayView<float> bias, ArrayView<float> lse, AttentionShape shape)
    {
        var shared = SharedMemory.Allocate<float>(Threads.MaxGroup);
        for (int row = Grid.IdxX; row < lse.IntLength; row += Grid.DimX)
        {
            int start = row * shape.Keys;
            float largest = float.NegativeInfinity, sum = 0;
            for (int j = Group.IdxX; j < shape.Keys; j += Group.DimX)
            {
                float s = shape.Score(scores[start + j], row, j, mask, bias);
                scores[start + j] = s;
                largest = FloatMath.Max(largest, s);
            }
            float max = Threads.Max(largest, shared), shift = Utilities.Select(max == float.NegativeInfinity, 0, max);
            for (int j = Group.IdxX; j < shape.Keys; j += Group.DimX)
            {
                float e = FloatMath.Exp(scores[start + j] - shift);
                scores[start + j] = e;
                sum += e;
            }
            float total = Threads.Sum(sum, shared), scale = Utilities.Select(total == 0, 0, 1 / total);
            for (int j = Group.IdxX; j < shape.Keys; j += Group.DimX) scores[start + j] *= scale * shape.Kept(start + j);
            if (Group.IdxX == 0) lse[row] = max + FloatMath.Log(total);
        }
    }

    /// <summary>In place, from products q kᵀ to weights before dropout, exp(s − lse). A thread takes an element.</summary>
    public static void Weights(ArrayView<float> scores, ArrayView<byte> mask, ArrayView<float> bias, ArrayView<float> lse, AttentionShape shape)
    {
        for (int i = Threads.First; i < scores.IntLength; i += Threads.All) scores[i] = Weight(scores[i], i / shape.Keys, i % shape.Keys, mask, bias, lse, shape);
    }

    /// <summary>
    /// In place, from products q kᵀ to weights w after dropout, and from dw = dy vᵀ to scale · ds, where ds = w ⊙ (dw − Σ w dw) also goes
    /// to <paramref name="dbias"/> unless that is empty.
    /// </summary>
    public static void Backward(ArrayView<float> scores, ArrayView<byte> mask, ArrayView<float> bias, ArrayView<float> lse, ArrayView<float> dw, ArrayView<float> dbias, AttentionShape shape)
    {
        var shared = SharedMemory.Allocate<float>(Threads.MaxGroup);
        for (int row = Grid.IdxX; row < lse.IntLength; row += Grid.DimX)
        {
            int start = row * shape.Keys;
            float sum = 0;
            for (int j = Group.IdxX; j < shape.Keys; j += Group.DimX)
            {
                float w = Weight(scores[start + j], row, j, mask, bias, lse, shape), d = dw[start + j] * shape.Kept(start + j);
                scores[start + j] = w;
                dw[start + j] = d;
                sum += w * d;
            }
            float dot = Threads.Sum(sum, shared);
            for (int j = Group.IdxX; j < shape.Keys; j += Group.DimX)
            {
                float w = scores[start + j], ds = w * (dw[start + j] - dot);
                if (dbias.Length > 0) dbias[start + j] = ds;
                dw[start + j] = ds * shape.Scale;
                scores[start + j] = w * shape.Kept(start + j);
            }
        }
    }

    static float Weight(float product, int row, int key, ArrayView<byte> mask, ArrayView<float> bias, ArrayView<float> lse, AttentionShape shape)
    {
        float s = shape.Score(product, row, key, mask, bias);
        return Utilities.Select(s == float.NegativeInfinity, 0, FloatMath.Exp(s - lse[row]));
    }
}
