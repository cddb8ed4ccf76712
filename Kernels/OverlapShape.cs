namespace NanoAttention.Kernels;

/// <summary>
/// Windows along one axis of n numbers: number k of window o is number o · stride − before + k · dilation of the axis, or outside it. The
/// windows' numbers are (outer, kernel, middle, windows, inner), the axis' (outer, middle, n, inner).
/// </summary>
public readonly struct OverlapShape(int kernel, int middle, int windows, int inner, int size, int stride, int dilation, int before)
{
    public readonly int Kernel = kernel, Middle = middle, Windows = windows, Inner = inner, Size = size, Stride = stride,
        Dilation = dilation, Before = before;
}
