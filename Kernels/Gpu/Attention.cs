using ILGPU;
using ILGPU.Util;

namespace NanoAttention.Kernels.Gpu;

/// <summary>
/// Scaled dot-product attention, y = softmax(scale · q kᵀ + bias) v, as <see cref="Cpu.Attention"/> computes it: no kernel holds more of
/// the scores than a tile a group, so long sequences need no more memory than their operands. A query that may see nothing answers 0,
/// with log-sum-exp −∞.
/// <para>
/// A group of 128 threads takes 64 × 64 scores at a time, a thread 8 × 4 of them, in registers: for 32 multiplications it reads 12 numbers
/// from shared memory, by three loads of 16 bytes: of a warp, six cycles for eight of multiplications. From memory, or rather the
/// second-level cache, come q, k and v for a tile, 3 · 64 d numbers for 2 · 64² d multiplications: 11 to a byte. A multiprocessor of an H100
/// or H200 has 65,536 registers and 228 KB of shared memory (NVIDIA, Hopper tuning guide, §1.4.1). The forward kernel and the one for dq
/// take 128 registers a thread at most, and 37 KB a group: four groups run at once, so that some multiply while others wait for memory or
/// reckon their softmax; of the one for dk and dv, with two results in registers, three (PtxTests counts what they need).
/// </para>
/// </summary>
public static partial class Attention
{
    /// <summary>
    /// In place, from products q kᵀ (batch, heads, queries, keys) to weights before dropout, exp(s − lse), where somebody asks for them. A
    /// thread takes an element.
    /// </summary>
    public static void Weights(ArrayView<float> products, ArrayView<float> lse, AttentionScores scores)
    {
        for (int i = Threads.First; i < products.IntLength; i += Threads.All)
        {
            int row = i / scores.Keys, head = row / scores.Queries;
            float s = scores.Of(head).Of(products[i], row - head * scores.Queries, i - row * scores.Keys);
            products[i] = Utilities.Select(s == float.NegativeInfinity, 0, FloatMath.Exp(s - lse[row]));
        }
    }
}
