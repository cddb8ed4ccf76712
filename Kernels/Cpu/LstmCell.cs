using System.Runtime.CompilerServices;
using static NanoAttention.Kernels.Cpu.RecurrentStep;

namespace NanoAttention.Kernels.Cpu;

/// <summary>
/// The cell of an LSTM (Hochreiter and Schmidhuber, Long Short-Term Memory, 1997, with the forget gate of Gers et al., 2000). A row of
/// gates holds those of one sequence, ordered input, forget, candidate, output as in PyTorch: i = σ(gᵢ), f = σ(g_f), g = tanh(g_g),
/// o = σ(gₒ); c = f c₋₁ + i g; h = o tanh c. Alone, behind matrix products, its items are rows;
/// <see cref="RecurrentStep.ProductAndCell{C, T}"/> brings what its gates get from the product with the weights.
/// </summary>
public static unsafe class LstmCell
{
    /// <summary>Gates before activation (rows, 4 hidden) and the previous state c₋₁ (rows, hidden) to h and c (rows, hidden).</summary>
    /// <param name="c">May be the memory of <paramref name="cPrevious"/>.</param>
    /// <param name="activated">Receives i, f, g and o (rows, 4 hidden) for the backward pass; may be the memory of
    /// <paramref name="gates"/>. Empty: they are not wanted.</param>
    public readonly struct Forward<T>(View<T> gates, View<T> cPrevious, View<T> h, View<T> c, View<T> activated, int hidden)
        : IKernel<T>, ICell<T>
        where T : unmanaged
    {
        public void Run<V>(int from, int to) where V : struct, ISimd<V, T> => WholeRows<V, Forward<T>, T>(this, from, to, hidden);

        public int Arrays => activated.Length == 0 || activated.Pointer == gates.Pointer ? 7 : 11;

        public (nint, int) Array(int i) => i switch
        {
            < 4 => ((nint)(gates.Pointer + i * hidden), 4 * hidden),
            4 => ((nint)cPrevious.Pointer, hidden),
            5 => ((nint)h.Pointer, hidden),
            6 => ((nint)c.Pointer, hidden),
            _ => ((nint)(activated.Pointer + (i - 7) * hidden), 4 * hidden),
        };

        [MethodImpl(Compiled.Alone)]
        public void Units<V, S>(int row, int j, int count, T* products, int next) where V : struct, ISimd<V, T> where S : struct, ISize
        {
            int n = hidden;
            long at = (long)row * n + j, atGates = (long)row * 4 * n + j;
            T* x = gates.Pointer + atGates;
            V i = Load<V, S, T>(x, count), f = Load<V, S, T>(x + n, count);
            V g = Load<V, S, T>(x + 2 * n, count), o = Load<V, S, T>(x + 3 * n, count);
            if (products is not null)
            {
                i += MatMul.Load<T, V>(products);
                f += MatMul.Load<T, V>(products + next);
                g += MatMul.Load<T, V>(products + 2 * next);
                o += MatMul.Load<T, V>(products + 3 * next);
            }
            (i, f, g, o) = (V.Sigmoid(i), V.Sigmoid(f), V.Tanh(g), V.Sigmoid(o));
            var state = V.MulAdd(f, Load<V, S, T>(cPrevious.Pointer + at, count), i * g);
            Store<V, S, T>(state, c.Pointer + at, count);
            Store<V, S, T>(o * V.Tanh(state), h.Pointer + at, count);
            if (activated.Length == 0) return;
            T* y = activated.Pointer + atGates;
            Store<V, S, T>(i, y, count);
            Store<V, S, T>(f, y + n, count);
            Store<V, S, T>(g, y + 2 * n, count);
            Store<V, S, T>(o, y + 3 * n, count);
        }
    }

    /// <summary>
    /// From dL/dh and dL/dc (rows, hidden) to dL/dgates (rows, 4 hidden) and dL/dc₋₁ (rows, hidden): with d = dc + dh o (1 − tanh² c),
    /// dgᵢ = d g i (1 − i), dg_f = d c₋₁ f (1 − f), dg_g = d i (1 − g²), dgₒ = dh tanh c · o (1 − o), dc₋₁ = d f.
    /// A product is added to dh.
    /// </summary>
    /// <param name="activated">i, f, g and o from the forward pass; may be the memory of <paramref name="dgates"/>.</param>
    /// <param name="dh">Empty for zero.</param>
    /// <param name="dc">Empty for zero; may be the memory of <paramref name="dcPrevious"/>.</param>
    public readonly struct Backward<T>(View<T> activated, View<T> cPrevious, View<T> c, View<T> dh, View<T> dc, View<T> dgates,
        View<T> dcPrevious, int hidden) : IKernel<T>, ICell<T> where T : unmanaged
    {
        public void Run<V>(int from, int to) where V : struct, ISimd<V, T> => WholeRows<V, Backward<T>, T>(this, from, to, hidden);

        public int Arrays => 11;

        public (nint, int) Array(int i) => i switch
        {
            < 4 => ((nint)(activated.Pointer + i * hidden), 4 * hidden),
            4 => ((nint)cPrevious.Pointer, hidden),
            5 => ((nint)c.Pointer, hidden),
            6 => ((nint)dh.Pointer, hidden),
            _ => ((nint)(dgates.Pointer + (i - 7) * hidden), 4 * hidden),
        };

        [MethodImpl(Compiled.Alone)]
        public void Units<V, S>(int row, int j, int count, T* products, int next) where V : struct, ISimd<V, T> where S : struct, ISize
        {
            int n = hidden;
            long at = (long)row * n + j, atGates = (long)row * 4 * n + j;
            T* y = activated.Pointer + atGates, dx = dgates.Pointer + atGates;
            var one = V.Of(1);
            V i = Load<V, S, T>(y, count), f = Load<V, S, T>(y + n, count);
            V g = Load<V, S, T>(y + 2 * n, count), o = Load<V, S, T>(y + 3 * n, count);
            V tanh = V.Tanh(Load<V, S, T>(c.Pointer + at, count)), before = Load<V, S, T>(cPrevious.Pointer + at, count);
            var slope = dh.Length == 0 ? V.Of(0) : Load<V, S, T>(dh.Pointer + at, count);
            if (products is not null) slope += MatMul.Load<T, V>(products);
            var d = V.MulAdd(slope * o, one - tanh * tanh, dc.Length == 0 ? V.Of(0) : Load<V, S, T>(dc.Pointer + at, count));
            Store<V, S, T>(d * g * i * (one - i), dx, count);
            Store<V, S, T>(d * before * f * (one - f), dx + n, count);
            Store<V, S, T>(d * i * (one - g * g), dx + 2 * n, count);
            Store<V, S, T>(slope * tanh * o * (one - o), dx + 3 * n, count);
            Store<V, S, T>(d * f, dcPrevious.Pointer + at, count);
        }
    }
}
