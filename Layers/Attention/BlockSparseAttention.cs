namespace NanoAttention;

/// <summary>
/// Self-attention between blocks of places that are chosen beforehand (Child et al. 2019; Zaheer et al. 2020, §2): for each block of
/// queries the chosen blocks of keys and values are brought together, and no other score is computed. Time and memory grow with
/// t · block · the most blocks that one sees, not t². The same as full attention with <see cref="Masks.Blocks"/>.
/// <code>wᵢ = softmax over j of qᵢ · k_j/√(d/h),  yᵢ = Σⱼ w_ij v_j,   seen[i div block, j div block]</code>
/// Shapes: (b, t, d) → (b, t, d), t at most block times the rows of seen; weights (b, h, t, t). A place that sees nothing answers 0.
/// </summary>
/// <param name="seen">Whether block i of the queries sees block j of the keys.</param>
/// <param name="causal">Whether a place sees only itself and those before, in those blocks.</param>
public sealed class BlockSparseAttention(int size, int heads, bool[,] seen, int block, bool causal = false) : SelfAttention(size, heads)
{
    public override Tensor Forward(Tensor x) => Run(x, (q, k, v) => Attend(q, k, v, weighed: false)).Output;

    public (Tensor Output, Tensor Weights) ForwardWithWeights(Tensor x)
    {
        var (y, weights) = Run(x, (q, k, v) => Attend(q, k, v, weighed: true));
        return (y, weights!);
    }

    (Tensor, Tensor?) Attend(Tensor q, Tensor k, Tensor v, bool weighed)
    {
        int t = q.Shape[2], blocks = Math.Max(1, (t + block - 1) / block);
        if (blocks > Math.Min(seen.GetLength(0), seen.GetLength(1)))
            throw new ArgumentException($"BlockSparseAttention: {t} places are {blocks} blocks of {block}; the choice has {seen.GetLength(0)} × {seen.GetLength(1)}");
        int[][] chosen = [.. Enumerable.Range(0, blocks).Select(i => Enumerable.Range(0, blocks).Where(j => seen[i, j]).ToArray())];
        int most = Math.Max(1, chosen.Max(row => row.Length));

        // of the c-th number brought to a place of block i: where it stood; t where there is none
        int Place(int i, int c) => c / block < chosen[i].Length ? Math.Min(t, chosen[i][c / block] * block + c % block) : t;
        var there = Masks.Of((at, c) => Place(at / block, c) is var j && j < t && (!causal || j <= at), blocks * block, most * block, device: q.Device)
            .Reshape(blocks, block, most * block);

        var scores = Blocks(q).MatMul(Brought(k).Transpose()) / Math.Sqrt(q.Shape[3]);          // (b, h, blocks, block, most · block)
        var weights = scores.Softmax(there);
        var y = Places(weights.MatMul(Brought(v)));
        return (y, weighed ? Spread() : null);

        // (b, h, t, d) → (b, h, blocks, block, d), 0 behind the end
        Tensor Blocks(Tensor x) => x.Pad(2, 0, blocks * block - t).Reshape(x.Shape[0], x.Shape[1], blocks, block, x.Shape[3]);

        // (b, h, t, d) → (b, h, blocks, most · block, d): for each block the chosen ones, and any where there are fewer
        Tensor Brought(Tensor x)
        {
            int[] which = [.. chosen.SelectMany(row => row.Concat(Enumerable.Repeat(0, most - row.Length)))];
            return Blocks(x).IndexSelect(2, Tensor.From(which, [which.Length], x.Device)).Reshape(x.Shape[0], x.Shape[1], blocks, most * block, x.Shape[3]);
        }

        // (b, h, blocks, block, n) → (b, h, t, n)
        Tensor Places(Tensor x) => x.Reshape(x.Shape[0], x.Shape[1], blocks * block, x.Shape[4]).Slice(2, 0, t);

        // (b, h, t, t); what has no place there goes to a column behind the end
        Tensor Spread()
        {
            int[] places = [.. Enumerable.Range(0, t).SelectMany(at => Enumerable.Range(0, most * block).Select(c => Place(at / block, c)))];
            var each = Places(weights);
            var indices = Tensor.From(places, [t, most * block], q.Device).Expand(each.Shape.Sizes);
            return Tensor.Zeros(each.Shape.With(3, t + 1), each.DType, each.Device).Scatter(-1, indices, each, ScatterReduction.Sum).Slice(-1, 0, t);
        }
    }

    static readonly bool[,] corner = { { true, false, true }, { false, true, false }, { true, true, false } };

    internal static Case[] Cases =>
    [
        Case.Of(() => new BlockSparseAttention(4, 2, corner, 2), (attention, x) => attention.Forward(x[0]), [[2, 5, 4]]) with
        {
            Timed = Case.Of(() => new BlockSparseAttention(128, 4, Diagonal(8), 8), (attention, x) => attention.Forward(x[0]), [[12, 64, 128]]),
        },
        Case.Of(() => new BlockSparseAttention(4, 2, corner, 2, causal: true), (attention, x) => attention.ForwardWithWeights(x[0]).Weights, [[1, 6, 4]]),
    ];

    // Each block sees itself and the one before.
    static bool[,] Diagonal(int blocks)
    {
        var chosen = new bool[blocks, blocks];
        for (int i = 0; i < blocks; i++) chosen[i, i] = chosen[i, Math.Max(0, i - 1)] = true;
        return chosen;
    }
}
