using ILGPU;

namespace NanoAttention.Kernels.Gpu;

/// <inheritdoc cref="Cpu.Softmax"/>
public static class Softmax
{
    /// <summary>y = softmax x. A group takes a row.</summary>
    public static void Forward(ArrayView<float> x, ArrayView<float> y, int n)
    {
        var shared = SharedMemory.Allocate<float>(Threads.MaxGroup);
        for (int start = Grid.IdxX * n; start < y.IntLength; start += Grid.DimX * n)
        {
            float max = Rows.Largest(x, start, n, shared), sum = 0;
            for (int i = start + Group.IdxX; i < start + n; i += Group.DimX)
            {
                float e = FloatMath.Exp(x[i] - max);
                y[i] = e;
                sum += e;
            }
            float scale = 1 / Threads.Sum(sum, shared);
            for (int i = start + Group.IdxX; i < start + n; i += Group.DimX) y[i] *= scale;
        }
    }

    /// <summary>dx = y ⊙ (dy − Σ dy y). A group takes a row.</summary>
    public static void Backward(ArrayView<float> y, ArrayView<float> dy, ArrayView<float> dx, int n)
    {
        var shared = SharedMemory.Allocate<float>(Threads.MaxGroup);
        for (int start = Grid.IdxX * n; start < dx.IntLength; start += Grid.DimX * n)
        {
            float sum = 0;
            for (int i = start + Group.IdxX; i < start + n; i += Group.DimX) sum += dy[i] * y[i];
            float dot = Threads.Sum(sum, shared);
            for (int i = start + Group.IdxX; i < start + n; i += Group.DimX) dx[i] = y[i] * (dy[i] - dot);
        }
    }
}

/// <inheritdoc cref="Cpu.LogSoftmax"/>
public static class LogSoftmax
{
    /// <summary>y = log softmax x. A group takes a row.</summary>
    public static void Forward(ArrayView<float> x, ArrayView<float> y, int n)
    {
        var shared = SharedMemory.Allocate<float>(Threads.MaxGroup);
        for (int start = Grid.IdxX * n; start < y.IntLength; start += Grid.DimX * n)
        {
            float max = Rows.Largest(x, start, n, shared), log = Rows.LogSumExp(x, start, n, max, shared);
            for (int i = start + Group.IdxX; i < start + n; i += Group.DimX) y[i] = x[i] - max - log;
        }
    }

    /// <summary>dx = dy − exp(y) Σ dy. A group takes a row.</summary>
    public static void Backward(ArrayView<float> y, ArrayView<float> dy, ArrayView<float> dx, int n)
    {
        var shared = SharedMemory.Allocate<float>(Threads.MaxGroup);
        for (int start = Grid.IdxX * n; start < dx.IntLength; start += Grid.DimX * n)
        {
            float total = Rows.Total(dy, start, n, shared);
            for (int i = start + Group.IdxX; i < start + n; i += Group.DimX) dx[i] = dy[i] - FloatMath.Exp(y[i]) * total;
        }
    }
}
