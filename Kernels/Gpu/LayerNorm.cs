using ILGPU;

namespace NanoAttention.Kernels.Gpu;

/// <inheritdoc cref="Cpu.LayerNorm"/>
public static class LayerNorm
{
    /// <summary>How many rows a thread of <see cref="BackwardParameters"/> sums.</summary>
    public const int Block = 64;

    /// <summary>y, and each row's μ and r. w and b are (n), or empty for 1 and 0. A group takes a row.</summary>
    public static void Forward(ArrayView<float> x, ArrayView<float> weight, ArrayView<float> bias, ArrayView<float> y, ArrayView<float> mean, ArrayView<float> rstd, int n, float epsilon)
    {
        var shared = SharedMemory.Allocate<float>(Threads.MaxGroup);
        for (int row = Grid.IdxX; row < mean.IntLength; row += Grid.DimX)
        {
            int start = row * n;
            float x0 = n > 0 ? x[start] : 0;
            var first = RowShare.Load(x, start, n, x0) - x0;
            float sum = first.Sum();
            for (int i = RowShare.Whole; i < n; i += RowShare.Whole) sum += (RowShare.Load(x, start + i, n - i, x0) - x0).Sum();
            float μ = Threads.Sum(sum, shared) / n;
            first -= μ;
            float squares = (first * first.Head(n)).Sum();
            for (int i = RowShare.Whole; i < n; i += RowShare.Whole)
            {
                var share = RowShare.Load(x, start + i, n - i, x0) - x0 - μ;
                squares += (share * share.Head(n - i)).Sum();
            }
            float r = 1 / MathF.Sqrt(Threads.Sum(squares, shared) / n + epsilon);
            if (Group.IdxX == 0)
            {
                mean[row] = μ;
                rstd[row] = r;
            }
            Affine(first * r, weight, bias, 0, n).Store(y, start, n);
            for (int i = RowShare.Whole; i < n; i += RowShare.Whole)
                Affine((RowShare.Load(x, start + i, n - i, x0) - x0 - μ) * r, weight, bias, i, n).Store(y, start + i, n - i);
        }
    }

    // x ⊙ w + b from number i on
    static RowShare Affine(RowShare x, ArrayView<float> weight, ArrayView<float> bias, int i, int n)
    {
        if (weight.Length > 0) x *= RowShare.Load(weight, i, n - i, 0);
        if (bias.Length > 0) x += RowShare.Load(bias, i, n - i, 0);
        return x;
    }

    /// <summary>dx = r (g − Σ g / n − x̂ Σ g x̂ / n), g = dy ⊙ w. A group takes a row.</summary>
    public static void Backward(ArrayView<float> x, ArrayView<float> weight, ArrayView<float> mean, ArrayView<float> rstd, ArrayView<float> dy, ArrayView<float> dx, int n)
    {
        var shared = SharedMemory.Allocate<float>(Threads.MaxGroup);
        for (int row = Grid.IdxX; row < mean.IntLength; row += Grid.DimX)
        {
            int start = row * n;
            float x0 = n > 0 ? x[start] : 0, μ = mean[row], r = rstd[row];
            RowShare xs = (RowShare.Load(x, start, n, 0) - x0 - μ) * r, gs = Slopes(dy, weight, start, 0, n);
            float sum = gs.Sum(), dot = (gs * xs).Sum();
            for (int i = RowShare.Whole; i < n; i += RowShare.Whole)
            {
                var g = Slopes(dy, weight, start, i, n);
                sum += g.Sum();
                dot += (g * ((RowShare.Load(x, start + i, n - i, 0) - x0 - μ) * r)).Sum();
            }
            float meanG = Threads.Sum(sum, shared) / n, meanDot = Threads.Sum(dot, shared) / n;
            ((gs - meanG - xs * meanDot) * r).Store(dx, start, n);
            for (int i = RowShare.Whole; i < n; i += RowShare.Whole)
                ((Slopes(dy, weight, start, i, n) - meanG - (RowShare.Load(x, start + i, n - i, 0) - x0 - μ) * r * meanDot) * r).Store(dx, start + i, n - i);
        }
    }

    // g = dy ⊙ w from number i of the row on; 0 beyond it
    static RowShare Slopes(ArrayView<float> dy, ArrayView<float> weight, int start, int i, int n)
    {
        var g = RowShare.Load(dy, start + i, n - i, 0);
        return weight.Length > 0 ? g * RowShare.Load(weight, i, n - i, 0) : g;
    }

    /// <summary>
    /// Over each block of rows dw = Σ dy ⊙ x̂ and db = Σ dy, each (blocks, n), either empty where it is not wanted. A thread takes a column
    /// of a block.
    /// </summary>
    public static void BackwardParameters(ArrayView<float> x, ArrayView<float> mean, ArrayView<float> rstd, ArrayView<float> dy, ArrayView<float> dweight, ArrayView<float> dbias, int rows, int n)
    {
        int blocks = (rows + Block - 1) / Block;
        for (int i = Threads.First; i < blocks * n; i += Threads.All)
        {
            int block = i / n, j = i - block * n;
            float weight = 0, bias = 0;
            for (int row = block * Block; row < rows && row < (block + 1) * Block; row++)
            {
                float g = dy[row * n + j];
                weight += g * ((x[row * n + j] - x[row * n] - mean[row]) * rstd[row]);
                bias += g;
            }
            if (dweight.Length > 0) dweight[i] = weight;
            if (dbias.Length > 0) dbias[i] = bias;
        }
    }
}
