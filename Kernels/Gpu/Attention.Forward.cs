using ILGPU;

namespace NanoAttention.Kernels.Gpu;

public static partial class Attention
{
    /// <summary>
    /// y, and for the backward pass lse = log Σⱼ exp(sⱼ), (batch, heads, queries): in one pass over the keys, with an online softmax
    /// (Milakov and Gimelshein, 2018; Dao et al., FlashAttention, 2022; the loops are those of FlashAttention-2, Dao, 2023, §3.1). A group
    /// takes a block of queries of one head and a tile's width of the values; wider values are cut into slices, for each of which the
    /// scores are computed anew. The blocks that see most keys come first, so that none is left to run alone in the end.
    /// </summary>
    public static void Forward<S>(AttentionInputs inputs, Heads y, ArrayView<float> lse) where S : struct, IAttentionTile
    {
        ArrayView<F4> sliceA = SharedMemory.Allocate<F4>(MaxSlice), sliceB = SharedMemory.Allocate<F4>(MaxSlice);
        var weights = SharedMemory.Allocate<F4>(MaxWeights);
        int blocks = Blocks<S>(inputs.Queries), slices = Slices<S>(inputs.V.Width);
        for (int item = Grid.IdxX; item < blocks * slices * inputs.Count; item += Grid.DimX)
        {
            AttentionItem at = new(item, slices, inputs.Count);
            var head = inputs.Of(at.Head);
            int first = (blocks - 1 - at.Block) * Size<S>(), query = first + 8 * Group.IdxY, column = at.Slice * Size<S>();
            int end = head.Scores.KeysSeen(first + Size<S>());
            F8 max = new(float.NegativeInfinity), total = new(0);       // the largest score so far; Σ exp(s − max) of the thread's own
            Tile sum = default;                                         // Σ exp(s − max) v
            for (int start = 0; start < end; start += Size<S>())
            {
                int key = start + 4 * Group.IdxX;
                var s = head.Scores.ByQuery(Product<S>(head.Q, first, head.K, start, sliceA, sliceB), query, key);
                F8 now = F8.Max(max, Fold<S>(s.Max(), true, sliceB)), shift = now.Shift(), lower = (max - shift).Exp();
                max = now;
                s = (s - shift).Exp();
                total = total * lower + s.Sum();
                if (head.Scores.Drops) s *= head.Scores.KeptByQuery(query, key);
                Show<S>(s, weights);
                sum = Sum<S>(sum * lower, weights, head.V, start, column, sliceA);
            }
            total = Fold<S>(total, false, sliceB);
            y.Of(at.Head, inputs.Heads).Put(query, column + 4 * Group.IdxX, sum * total.Inverse());
            if (at.Slice == 0 && Group.IdxX == 0)
                for (int i = 0; i < 8 && query + i < inputs.Queries; i++)
                    lse[at.Head * inputs.Queries + query + i] = max.At(i) + FloatMath.Log(total.At(i));
            Group.Barrier();                                            // before the next block overwrites what was folded
        }
    }
}
