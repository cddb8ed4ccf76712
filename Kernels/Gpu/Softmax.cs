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
            var row = Rows.Exponentials(x, start, n, shared);
            float shift = Exponentials.Shift(row.Max), scale = 1 / row.Sum;
            (row.Exps * (FloatMath.Exp(row.Own - shift) * scale)).Store(y, start, n);
            for (int i = RowShare.Whole; i < n; i += RowShare.Whole)
                (RowShare.Load(x, start + i, n - i, 0).Exp(shift) * scale).Store(y, start + i, n - i);
        }
    }

    /// <summary>dx = y ⊙ (dy − Σ dy y). A group takes a row.</summary>
    public static void Backward(ArrayView<float> y, ArrayView<float> dy, ArrayView<float> dx, int n)
    {
        var shared = SharedMemory.Allocate<float>(Threads.MaxGroup);
        for (int start = Grid.IdxX * n; start < dx.IntLength; start += Grid.DimX * n)
        {
            RowShare ys = RowShare.Load(y, start, n, 0), gs = RowShare.Load(dy, start, n, 0);
            float sum = (ys * gs).Sum();
            for (int i = RowShare.Whole; i < n; i += RowShare.Whole) sum += (RowShare.Load(y, start + i, n - i, 0) * RowShare.Load(dy, start + i, n - i, 0)).Sum();
            float dot = Threads.Sum(sum, shared);
            (ys * (gs - dot)).Store(dx, start, n);
            for (int i = RowShare.Whole; i < n; i += RowShare.Whole)
                (RowShare.Load(y, start + i, n - i, 0) * (RowShare.Load(dy, start + i, n - i, 0) - dot)).Store(dx, start + i, n - i);
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
            var row = Rows.Exponentials(x, start, n, shared);
            float log = FloatMath.Log(row.Sum);
            (row.First - row.Max - log).Store(y, start, n);
            for (int i = RowShare.Whole; i < n; i += RowShare.Whole) (RowShare.Load(x, start + i, n - i, 0) - row.Max - log).Store(y, start + i, n - i);
        }
    }

    /// <summary>dx = dy − exp(y) Σ dy. A group takes a row.</summary>
    public static void Backward(ArrayView<float> y, ArrayView<float> dy, ArrayView<float> dx, int n)
    {
        var shared = SharedMemory.Allocate<float>(Threads.MaxGroup);
        for (int start = Grid.IdxX * n; start < dx.IntLength; start += Grid.DimX * n)
        {
            var gs = RowShare.Load(dy, start, n, 0);
            float sum = gs.Sum();
            for (int i = RowShare.Whole; i < n; i += RowShare.Whole) sum += RowShare.Load(dy, start + i, n - i, 0).Sum();
            float total = Threads.Sum(sum, shared);
            (gs - RowShare.Load(y, start, n, 0).Exp(0) * total).Store(dx, start, n);
            for (int i = RowShare.Whole; i < n; i += RowShare.Whole)
                (RowShare.Load(dy, start + i, n - i, 0) - RowShare.Load(y, start + i, n - i, 0).Exp(0) * total).Store(dx, start + i, n - i);
        }
    }
}
