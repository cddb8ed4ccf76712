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

    /// <summary>The fold of every thread's number, known to all of the group. Barriers: every thread must come by. <paramref name="shared"/> holds a number a thread.</summary>
    public static float Fold<R>(R r, float mine, ArrayView<float> shared) where R : struct, IReducer
    {
        int t = Group.IdxX;
        shared[t] = mine;
        Group.Barrier();
        for (int half = Group.DimX / 2; half > 0; half /= 2)
        {
            if (t < half) shared[t] = r.Combine(new F32(shared[t]), new F32(shared[t + half])).Value;
            Group.Barrier();
        }
        float fold = shared[0];
        Group.Barrier();
        return fold;
    }

    public static float Sum(float mine, ArrayView<float> shared) => Fold(default(Sum), mine, shared);
    public static float Max(float mine, ArrayView<float> shared) => Fold(default(Max), mine, shared);
}
