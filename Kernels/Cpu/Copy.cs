using System.Runtime.CompilerServices;

namespace NanoAttention.Kernels.Cpu;

/// <summary>Copies between layouts.</summary>
public static unsafe class Copy
{
    // rows copied together when the input runs along them: 16 floats are a cache line
    const int Tile = 16;

    /// <summary>
    /// y = x, x stepping through y's shape by the layout's strides a; for numbers of any type. Items are the layout's rows.
    /// </summary>
    public readonly struct Strided<T>(View<T> x, View<T> y, Layout layout) : IScalarKernel where T : unmanaged
    {
        [MethodImpl(Compiled.Alone)]
        public void Run(int from, int to)
        {
            int step = layout.Step.A;
            bool transposed = step > 1 && layout.Rank > 1 && layout.A[layout.Rank - 2] == 1;
            var walk = layout.From(from);
            for (int row = from; row < to;)
            {
                var (atX, atY, length) = (walk.A, walk.Y, walk.Length);
                int rows = 0;
                do
                {
                    rows++;
                    row++;
                    walk.Next();
                }
                while (transposed && rows < Tile && row < to
                    && walk.A == atX + rows && walk.Y == atY + rows * layout.Inner && walk.Length == length);

                if (rows > 1) Transpose(x.Pointer + atX, step, y.Pointer + atY, layout.Inner, rows, length);
                else if (step == 1) x.Slice(atX, length).Span.CopyTo(y.Slice(atY, length).Span);
                else if (step == 0) y.Slice(atY, length).Span.Fill(x[atX]);
                else Transpose(x.Pointer + atX, step, y.Pointer + atY, layout.Inner, 1, length);
            }
        }
    }

    /// <summary>y[r, i] = x[i, r]: each cache line of x is read whole while it is at hand.</summary>
    static void Transpose<T>(T* x, int stepX, T* y, int stepY, int rows, int n) where T : unmanaged
    {
        for (int start = 0; start < n; start += Tile)
        {
            int end = Math.Min(start + Tile, n);
            for (int r = 0; r < rows; r++)
            {
                T* from = x + r + (long)start * stepX, to = y + (long)r * stepY;
                for (int i = start; i < end; i++, from += stepX) to[i] = *from;
            }
        }
    }
}
