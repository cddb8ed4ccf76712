using System.Runtime.CompilerServices;

namespace NanoAttention.Kernels.Cpu;

public static unsafe partial class MatMul
{
    /// <summary>
    /// The definition: three loops, one number at a time. It reads two numbers for every multiply-add, those of B a row apart.
    /// An item is a row of C.
    /// </summary>
    /// <param name="accumulate">C += A B instead of C = A B.</param>
    public readonly struct Naive<T>(View<T> a, View<T> b, View<T> c, MatMulShape shape, bool accumulate) : IKernel<T>
        where T : unmanaged, System.Numerics.INumber<T>
    {
        /// <summary>The number of rows of C in the whole batch.</summary>
        public static int Items(MatMulShape shape) => shape.Batch * shape.M;

        [MethodImpl(Compiled.Alone)]
        public void Run<V>(int from, int to) where V : struct, ISimd<V, T>
        {
            for (var item = from; item < to; item++)
            {
                var (batch, i) = Math.DivRem(item, shape.M);
                var start = shape.Start(batch);
                T* x = a.Pointer + start.A + (long)i * shape.ARow, w = b.Pointer + start.B, y = c.Pointer + start.C + (long)i * shape.CRow;
                for (var j = 0; j < shape.N; j++)
                {
                    var sum = T.Zero;
                    for (var k = 0; k < shape.K; k++) sum += x[(long)k * shape.ACol] * w[(long)k * shape.BRow + (long)j * shape.BCol];
                    y[j] = accumulate ? y[j] + sum : sum;
                }
            }
        }
    }
}
