using ILGPU;

namespace NanoAttention.Kernels.Gpu;

/// <summary>
/// How GPU kernels share their work. Elementwise kernels: thread t of all takes items t, t + all, t + 2 all, …, so that any grid does
/// for any size and neighbours read neighbours. Kernels over rows: a group takes rows in the same way, and its threads share a row.
/// </summary>
public static class Threads
{
    /// <summary>The largest group; shared memory is made for it. Groups are powers of two.</summary>
    public const int MaxGroup = 256;

    public static int First => Grid.GlobalIndex.X;
    public static int All => Grid.DimX * Group.DimX;

    /// <summary>
    /// The first 4 · quads numbers, to be loaded and stored four at a time (16 bytes, the most that a thread can): only so do elementwise
    /// kernels ask for enough at once to keep memory busy. They must lie at a multiple of 16 bytes.
    /// </summary>
    public static ArrayView<F4> Quads(ArrayView<float> x, int quads) => x.SubView(0, 4 * quads).Cast<F4>();

    /// <summary>
    /// The fold of every thread's number, known to all of the group, in an order that depends on the group's size alone: a few threads fold
    /// a few numbers each, and then everybody those. Barriers: every thread must come by. <paramref name="shared"/> holds a number a thread.
    /// </summary>
    public static float Fold<R>(R r, float mine, ArrayView<float> shared) where R : struct, IReducer
    {
        int t = Group.IdxX, few = Group.DimX > 64 ? 16 : Group.DimX > 4 ? 8 : 2;
        shared[t] = mine;
        Group.Barrier();
        if (t < few)
        {
            F32 part = new(mine);
            for (int i = t + few; i < Group.DimX; i += few) part = r.Combine(part, new F32(shared[i]));
            shared[t] = part.Value;
        }
        Group.Barrier();
        F32 fold = new(shared[0]);
        for (int i = 1; i < few; i++) fold = r.Combine(fold, new F32(shared[i]));
        Group.Barrier();
        return fold.Value;
    }

    public static float Sum(float mine, ArrayView<float> shared) => Fold(default(Sum), mine, shared);
    public static float Max(float mine, ArrayView<float> shared) => Fold(default(Max), mine, shared);
}
