using ILGPU;

namespace NanoAttention.Kernels.Gpu;

/// <summary>What the kernels over rows ask of one row, of n numbers from <c>start</c> on. Every thread of the group must ask, and all learn the answer.</summary>
static class Rows
{
    /// <summary>max xᵢ; NaN if any is.</summary>
    public static float Largest(ArrayView<float> x, int start, int n, ArrayView<float> shared)
    {
        float max = float.NegativeInfinity;
        for (int i = start + Group.IdxX; i < start + n; i += Group.DimX) max = FloatMath.Max(max, x[i]);
        return Threads.Max(max, shared);
    }

    /// <summary>Σ xᵢ.</summary>
    public static float Total(ArrayView<float> x, int start, int n, ArrayView<float> shared)
    {
        float sum = 0;
        for (int i = start + Group.IdxX; i < start + n; i += Group.DimX) sum += x[i];
        return Threads.Sum(sum, shared);
    }

    /// <summary>Σ (xᵢ − from).</summary>
    public static float Distance(ArrayView<float> x, int start, int n, float from, ArrayView<float> shared)
    {
        float sum = 0;
        for (int i = start + Group.IdxX; i < start + n; i += Group.DimX) sum += x[i] - from;
        return Threads.Sum(sum, shared);
    }

    /// <summary>Σ (xᵢ − from − center)².</summary>
    public static float SquaredDistance(ArrayView<float> x, int start, int n, float from, float center, ArrayView<float> shared)
    {
        float sum = 0;
        for (int i = start + Group.IdxX; i < start + n; i += Group.DimX)
        {
            float d = x[i] - from - center;
            sum += d * d;
        }
        return Threads.Sum(sum, shared);
    }

    /// <summary>log Σ exp(xᵢ − max): what is to be added to max for the log of the sum of exponentials.</summary>
    public static float LogSumExp(ArrayView<float> x, int start, int n, float max, ArrayView<float> shared)
    {
        float sum = 0;
        for (int i = start + Group.IdxX; i < start + n; i += Group.DimX) sum += FloatMath.Exp(x[i] - max);
        return FloatMath.Log(Threads.Sum(sum, shared));
    }
}
