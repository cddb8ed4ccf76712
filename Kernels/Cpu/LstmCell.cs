using System.Runtime.CompilerServices;

namespace NanoAttention.Kernels.Cpu;

/// <summary>
/// One step of an LSTM after its matrix products (Hochreiter and Schmidhuber, Long Short-Term Memory, 1997, with the forget gate of
/// Gers et al., 2000). A row of gates holds those of one sequence, ordered input, forget, candidate, output as in PyTorch:
/// i = σ(gᵢ), f = σ(g_f), g = tanh(g_g), o = σ(gₒ); c = f c₋₁ + i g; h = o tanh c. Items are rows.
/// </summary>
public static unsafe class LstmCell
{
    /// <summary>Gates before activation (rows, 4 hidden) and the previous state c₋₁ (rows, hidden) to h and c (rows, hidden).</summary>
    /// <param name="activated">Receives i, f, g and o (rows, 4 hidden) for the backward pass; may be the memory of <paramref name="gates"/>.</param>
    public readonly struct Forward<T>(View<T> gates, View<T> cPrevious, View<T> h, View<T> c, View<T> activated, int hidden) : IKernel<T> where T : unmanaged
    {
        [MethodImpl(Compiled.Alone)]
        public void Run<V>(int from, int to) where V : struct, ISimd<V, T>
        {
            for (var row = from; row < to; row++)
                for (var j = 0; j < hidden; j += V.Count) Some<V>(row, j, Math.Min(V.Count, hidden - j));
        }

        /// <summary>Numbers j, …, j + count − 1 of a row, as many as a register holds or fewer.</summary>
        [MethodImpl(Compiled.Alone)]
        void Some<V>(int row, int j, int count) where V : struct, ISimd<V, T>
        {
            int n = hidden;
            long at = (long)row * n + j, atGates = (long)row * 4 * n + j;
            T* x = gates.Pointer + atGates, y = activated.Pointer + atGates;
            V i = Sigmoid<V, T>(Part<V, T>(x, count)), f = Sigmoid<V, T>(Part<V, T>(x + n, count)), o = Sigmoid<V, T>(Part<V, T>(x + 3 * n, count));
            V g = V.Tanh(Part<V, T>(x + 2 * n, count)), state = V.MulAdd(f, Part<V, T>(cPrevious.Pointer + at, count), i * g);
            StorePart<V, T>(i, y, count);
            StorePart<V, T>(f, y + n, count);
            StorePart<V, T>(g, y + 2 * n, count);
            StorePart<V, T>(o, y + 3 * n, count);
            StorePart<V, T>(state, c.Pointer + at, count);
            StorePart<V, T>(o * V.Tanh(state), h.Pointer + at, count);
        }
    }

    /// <summary>
    /// From dL/dh and dL/dc (rows, hidden) to dL/dgates (rows, 4 hidden) and dL/dc₋₁ (rows, hidden): with d = dc + dh o (1 − tanh² c),
    /// dgᵢ = d g i (1 − i), dg_f = d c₋₁ f (1 − f), dg_g = d i (1 − g²), dgₒ = dh tanh c · o (1 − o), dc₋₁ = d f.
    /// </summary>
    /// <param name="activated">i, f, g and o from the forward pass; may be the memory of <paramref name="dgates"/>.</param>
    /// <param name="dh">Empty for zero.</param>
    /// <param name="dc">Empty for zero; may be the memory of <paramref name="dcPrevious"/>.</param>
    public readonly struct Backward<T>(View<T> activated, View<T> cPrevious, View<T> c, View<T> dh, View<T> dc, View<T> dgates, View<T> dcPrevious, int hidden)
        : IKernel<T> where T : unmanaged
    {
        [MethodImpl(Compiled.Alone)]
        public void Run<V>(int from, int to) where V : struct, ISimd<V, T>
        {
            for (var row = from; row < to; row++)
                for (var j = 0; j < hidden; j += V.Count) Some<V>(row, j, Math.Min(V.Count, hidden - j));
        }

        /// <summary>Numbers j, …, j + count − 1 of a row, as many as a register holds or fewer.</summary>
        [MethodImpl(Compiled.Alone)]
        void Some<V>(int row, int j, int count) where V : struct, ISimd<V, T>
        {
            int n = hidden;
            long at = (long)row * n + j, atGates = (long)row * 4 * n + j;
            T* y = activated.Pointer + atGates, dx = dgates.Pointer + atGates;
            V one = V.Of(1), i = Part<V, T>(y, count), f = Part<V, T>(y + n, count), g = Part<V, T>(y + 2 * n, count), o = Part<V, T>(y + 3 * n, count);
            V tanh = V.Tanh(Part<V, T>(c.Pointer + at, count)), before = Part<V, T>(cPrevious.Pointer + at, count);
            var slope = dh.Length == 0 ? V.Of(0) : Part<V, T>(dh.Pointer + at, count);
            var d = V.MulAdd(slope * o, one - tanh * tanh, dc.Length == 0 ? V.Of(0) : Part<V, T>(dc.Pointer + at, count));
            StorePart<V, T>(d * g * i * (one - i), dx, count);
            StorePart<V, T>(d * before * f * (one - f), dx + n, count);
            StorePart<V, T>(d * i * (one - g * g), dx + 2 * n, count);
            StorePart<V, T>(slope * tanh * o * (one - o), dx + 3 * n, count);
            StorePart<V, T>(d * f, dcPrevious.Pointer + at, count);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static V Sigmoid<V, T>(V x) where V : struct, ISimd<V, T> where T : unmanaged => V.Of(1) / (V.Of(1) + V.Exp(-x));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static V Part<V, T>(T* x, int count) where V : struct, ISimd<V, T> where T : unmanaged =>
        count == V.Count ? V.Load(new(x, count), 0) : V.LoadPart(new(x, count), 0, count, default);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void StorePart<V, T>(V v, T* x, int count) where V : struct, ISimd<V, T> where T : unmanaged
    {
        if (count == V.Count) V.Store(v, new(x, count), 0);
        else V.StorePart(v, new(x, count), 0, count);
    }
}
