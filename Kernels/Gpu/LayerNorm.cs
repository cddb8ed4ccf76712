using ILGPU;

namespace NanoAttention.Kernels.Gpu;

/// <inheritdoc cref="Cpu.LayerNorm"/>
public static class LayerNorm
{
    // how many rows a thread sums one after the other
    const int Leaf = 64;

    /// <summary>y, and each row's μ and r. w and b are (n), or empty for 1 and 0. A group takes a row.</summary>
    public static void Forward(ArrayView<float> x, ArrayView<float> weight, ArrayView<float> bias, ArrayView<float> y, ArrayView<float> mean, ArrayView<float> rstd, int n, float epsilon)
    {
        var shared = SharedMemory.Allocate<float>(Threads.MaxGroup);
        for (int row = Grid.IdxX; row < mean.IntLength; row += Grid.DimX)
        {
            int start = row * n;
            float x0 = n > 0 ? x[start] : 0, μ = Rows.Distance(x, start, n, x0, shared) / n;
            float r = 1 / MathF.Sqrt(Rows.SquaredDistance(x, start, n, x0, μ, shared) / n + epsilon);
            if (Group.IdxX == 0)
            {
                mean[row] = μ;
                rstd[row] = r;
            }
            for (int i = Group.IdxX; i < n; i += Group.DimX)
            {
                float z = (x[start + i] - x0 - μ) * r;
                if (weight.Length > 0) z *= weight[i];
                if (bias.Length > 0) z += bias[i];
                y[start + i] = z;
            }
        }
    }

    /// <summary>dx = r (g − Σ g / n − x̂ Σ g x̂ / n), g = dy ⊙ w. A group takes a row.</summary>
    public static void Backward(ArrayView<float> x, ArrayView<float> weight, ArrayView<float> mean, ArrayView<float> rstd, ArrayView<float> dy, ArrayView<float> dx, int n)
    {
        var shared = SharedMemory.Allocate<float>(Threads.MaxGroup);
        for (int row = Grid.IdxX; row < mean.IntLength; row += Grid.DimX)
        {
            int start = row * n;
            float x0 = n > 0 ? x[start] : 0, μ = mean[row], r = rstd[row], sum = 0, dot = 0;
            for (int i = Group.IdxX; i < n; i += Group.DimX)
            {
                float g = weight.Length > 0 ? dy[start + i] * weight[i] : dy[start + i];
                sum += g;
                dot += g * ((x[start + i] - x0 - μ) * r);
            }
            float meanG = Threads.Sum(sum, shared) / n, meanDot = Threads.Sum(dot, shared) / n;
            for (int i = Group.IdxX; i < n; i += Group.DimX)
            {
                float g = weight.Length > 0 ? dy[start + i] * weight[i] : dy[start + i];
                dx[start + i] = r * (g - meanG - (x[start + i] - x0 - μ) * r * meanDot);
            }
        }
    }

    /// <summary>dw = Σ over the rows of dy ⊙ x̂ and db = Σ dy, each (n), either empty where it is not wanted. A thread takes a column.</summary>
    public static void BackwardParameters(ArrayView<float> x, ArrayView<float> mean, ArrayView<float> rstd, ArrayView<float> dy, ArrayView<float> dweight, ArrayView<float> dbias, int rows, int n)
    {
        for (int j = Threads.First; j < n; j += Threads.All)
        {
            float weight = 0, bias = 0;
            for (int row = 0; row < rows;)
            {
                float leafWeight = 0, leafBias = 0;
                for (int k = 0; k < Leaf && row < rows; k++, row++)
                {
                    float g = dy[row * n + j];
                    leafWeight += g * ((x[row * n + j] - x[row * n] - mean[row]) * rstd[row]);
                    leafBias += g;
                }
                weight += leafWeight;
                bias += leafBias;
            }
            if (dweight.Length > 0) dweight[j] = weight;
            if (dbias.Length > 0) dbias[j] = bias;
        }
    }
}
