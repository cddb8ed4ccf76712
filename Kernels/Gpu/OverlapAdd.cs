using ILGPU;

namespace NanoAttention.Kernels.Gpu;

/// <inheritdoc cref="Cpu.OverlapAdd"/>
public static class OverlapAdd
{
    /// <summary>y[a, m, j, i] = Σₖ x[a, k, m, o, i] over the windows o with o · stride − before + k · dilation = j. A thread takes one of y.</summary>
    public static void Forward(ArrayView<float> x, ArrayView<float> y, OverlapShape shape)
    {
        for (int item = Threads.First; item < y.IntLength; item += Threads.All)
        {
            int row = item / shape.Inner, i = item - row * shape.Inner;             // row = (a, m, j)
            int line = row / shape.Size, j = row - line * shape.Size;               // line = (a, m)
            int a = line / shape.Middle, m = line - a * shape.Middle;
            float sum = 0;
            for (int k = 0; k < shape.Kernel; k++)
            {
                int reach = j + shape.Before - k * shape.Dilation, o = reach / shape.Stride;
                if (reach >= 0 && o * shape.Stride == reach && o < shape.Windows)
                    sum += x[(((a * shape.Kernel + k) * shape.Middle + m) * shape.Windows + o) * shape.Inner + i];
            }
            y[item] = sum;
        }
    }
}
