using System.Runtime.CompilerServices;
using static NanoAttention.Kernels.Cpu.RecurrentStep;

namespace NanoAttention.Kernels.Cpu;

/// <summary>
/// The cell of a gated recurrent unit (Cho et al., Learning Phrase Representations using RNN Encoder-Decoder, 2014) in PyTorch's form,
/// whose gate r is applied behind the product. With x, what the gates get from the input, and y = h₋₁ Wᵀ + b, ordered r, z, n:
/// r = σ(xᵣ + yᵣ), z = σ(x_z + y_z), n = tanh(x_n + r y_n); h = n + z (h₋₁ − n).
/// </summary>
public static unsafe class GruCell
{
    /// <summary>From x (rows, 3 hidden), the bias b (3 hidden) and h₋₁ (rows, hidden) to h. It cannot do without a product.</summary>
    /// <param name="bias">Empty for zero.</param>
    /// <param name="kept">Receives r, z, n and y_n (rows, 4 hidden) for the backward pass. Empty: they are not wanted.</param>
    public readonly struct Forward<T>(View<T> x, View<T> bias, View<T> hPrevious, View<T> h, View<T> kept, int hidden)
        : ICell<T> where T : unmanaged
    {
        public int Arrays => kept.Length == 0 ? 5 : 9;

        public (nint, int) Array(int i) => i switch
        {
            < 3 => ((nint)(x.Pointer + i * hidden), 3 * hidden),
            3 => ((nint)hPrevious.Pointer, hidden),
            4 => ((nint)h.Pointer, hidden),
            _ => ((nint)(kept.Pointer + (i - 5) * hidden), 4 * hidden),
        };

        [MethodImpl(Compiled.Alone)]
        public void Units<V, S>(int row, int j, int count, T* products, int next) where V : struct, ISimd<V, T> where S : struct, ISize
        {
            int n = hidden;
            T* input = x.Pointer + (long)row * 3 * n + j;
            V r = Load<V, S, T>(input, count) + MatMul.Load<T, V>(products);
            V z = Load<V, S, T>(input + n, count) + MatMul.Load<T, V>(products + next);
            V y = MatMul.Load<T, V>(products + 2 * next);
            if (bias.Length > 0)
            {
                r += Load<V, S, T>(bias.Pointer + j, count);
                z += Load<V, S, T>(bias.Pointer + n + j, count);
                y += Load<V, S, T>(bias.Pointer + 2 * n + j, count);
            }
            (r, z) = (V.Sigmoid(r), V.Sigmoid(z));
            var fresh = V.Tanh(V.MulAdd(r, y, Load<V, S, T>(input + 2 * n, count)));
            var before = Load<V, S, T>(hPrevious.Pointer + (long)row * n + j, count);
            Store<V, S, T>(V.MulAdd(z, before - fresh, fresh), h.Pointer + (long)row * n + j, count);
            if (kept.Length == 0) return;
            T* keep = kept.Pointer + (long)row * 4 * n + j;
            Store<V, S, T>(r, keep, count);
            Store<V, S, T>(z, keep + n, count);
            Store<V, S, T>(fresh, keep + 2 * n, count);
            Store<V, S, T>(y, keep + 3 * n, count);
        }
    }

    /// <summary>
    /// The gradient of h is dh = dy + what h₋₁ of the later step got: its share beside the product, in <paramref name="direct"/>, and the
    /// product. With d = dh (1 − z)(1 − n²): dxᵣ = d y_n r (1 − r), dx_z = dh (h₋₁ − n) z (1 − z), dx_n = d; dy is the same but dy_n = d r.
    /// </summary>
    /// <param name="direct">(rows, hidden); becomes dh z.</param>
    public readonly struct Backward<T>(View<T> kept, View<T> hPrevious, View<T> dy, View<T> direct, View<T> dx, View<T> dproducts,
        int hidden) : ICell<T> where T : unmanaged
    {
        public int Arrays => 12;

        public (nint, int) Array(int i) => i switch
        {
            < 4 => ((nint)(kept.Pointer + i * hidden), 4 * hidden),
            < 7 => ((nint)(dx.Pointer + (i - 4) * hidden), 3 * hidden),
            < 10 => ((nint)(dproducts.Pointer + (i - 7) * hidden), 3 * hidden),
            10 => ((nint)hPrevious.Pointer, hidden),
            _ => ((nint)dy.Pointer, hidden),
        };

        [MethodImpl(Compiled.Alone)]
        public void Units<V, S>(int row, int j, int count, T* products, int next) where V : struct, ISimd<V, T> where S : struct, ISize
        {
            int n = hidden;
            long at = (long)row * n + j;
            T* keep = kept.Pointer + (long)row * 4 * n + j;
            T* input = dx.Pointer + (long)row * 3 * n + j, product = dproducts.Pointer + (long)row * 3 * n + j;
            V one = V.Of(1), r = Load<V, S, T>(keep, count), z = Load<V, S, T>(keep + n, count), fresh = Load<V, S, T>(keep + 2 * n, count);
            V y = Load<V, S, T>(keep + 3 * n, count), before = Load<V, S, T>(hPrevious.Pointer + at, count);
            var slope = Load<V, S, T>(dy.Pointer + at, count) + Load<V, S, T>(direct.Pointer + at, count);
            if (products is not null) slope += MatMul.Load<T, V>(products);
            V d = slope * (one - z) * (one - fresh * fresh), dr = d * y * r * (one - r), dz = slope * (before - fresh) * z * (one - z);
            Store<V, S, T>(dr, input, count);
            Store<V, S, T>(dz, input + n, count);
            Store<V, S, T>(d, input + 2 * n, count);
            Store<V, S, T>(dr, product, count);
            Store<V, S, T>(dz, product + n, count);
            Store<V, S, T>(d * r, product + 2 * n, count);
            Store<V, S, T>(slope * z, direct.Pointer + at, count);
        }
    }
}
