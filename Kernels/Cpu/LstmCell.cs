using System.Runtime.CompilerServices;

namespace NanoAttention.Kernels.Cpu;

/// <summary>
/// One step of an LSTM after its matrix products (Hochreiter and Schmidhuber, Long Short-Term Memory, 1997, with the forget gate of
/// Gers et al., 2000). A row of gates holds those of one sequence, ordered input, forget, candidate, output as in PyTorch:
/// i = σ(gᵢ), f = σ(g_f), g = tanh(g_g), o = σ(gₒ); c = f c₋₁ + i g; h = o tanh c. Items are rows.
/// </summary>
public static class LstmCell
{
    /// <summary>Gates before activation (rows, 4 hidden) and the previous state c₋₁ (rows, hidden) to h and c (rows, hidden).</summary>
    /// <param name="activated">Receives i, f, g and o (rows, 4 hidden) for the backward pass; may be the memory of <paramref name="gates"/>.</param>
    public readonly struct Forward<T>(View<T> gates, View<T> cPrevious, View<T> h, View<T> c, View<T> activated, int hidden) : IKernel<T> where T : unmanaged
    {
        [MethodImpl(Compiled.Alone)]
        public void Run<V>(int from, int to) where V : struct, ISimd<V, T>
        {
            for (var row = from; row < to; row++)
            {
                View<T> x = gates.Row(row, 4 * hidden), y = activated.Row(row, 4 * hidden);
                for (var j = 0; j < hidden; j += V.Count)
                {
                    var count = Math.Min(V.Count, hidden - j);
                    V i = Sigmoid<V, T>(Get<V, T>(x, j, count)), f = Sigmoid<V, T>(Get<V, T>(x, j + hidden, count));
                    V g = V.Tanh(Get<V, T>(x, j + 2 * hidden, count)), o = Sigmoid<V, T>(Get<V, T>(x, j + 3 * hidden, count));
                    var state = V.MulAdd(f, Get<V, T>(cPrevious.Row(row, hidden), j, count), i * g);
                    Put(i, y, j, count);
                    Put(f, y, j + hidden, count);
                    Put(g, y, j + 2 * hidden, count);
                    Put(o, y, j + 3 * hidden, count);
                    Put(state, c.Row(row, hidden), j, count);
                    Put(o * V.Tanh(state), h.Row(row, hidden), j, count);
                }
            }
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
            var one = V.Of(1);
            for (var row = from; row < to; row++)
            {
                View<T> y = activated.Row(row, 4 * hidden), dx = dgates.Row(row, 4 * hidden);
                for (var j = 0; j < hidden; j += V.Count)
                {
                    var count = Math.Min(V.Count, hidden - j);
                    V i = Get<V, T>(y, j, count), f = Get<V, T>(y, j + hidden, count);
                    V g = Get<V, T>(y, j + 2 * hidden, count), o = Get<V, T>(y, j + 3 * hidden, count);
                    V tanh = V.Tanh(Get<V, T>(c.Row(row, hidden), j, count)), before = Get<V, T>(cPrevious.Row(row, hidden), j, count);
                    V slope = GetOrZero<V>(dh, row, j, count), d = V.MulAdd(slope * o, one - tanh * tanh, GetOrZero<V>(dc, row, j, count));
                    Put(d * g * i * (one - i), dx, j, count);
                    Put(d * before * f * (one - f), dx, j + hidden, count);
                    Put(d * i * (one - g * g), dx, j + 2 * hidden, count);
                    Put(slope * tanh * o * (one - o), dx, j + 3 * hidden, count);
                    Put(d * f, dcPrevious.Row(row, hidden), j, count);
                }
            }
        }

        V GetOrZero<V>(View<T> x, int row, int j, int count) where V : struct, ISimd<V, T> =>
            x.Length == 0 ? V.Of(0) : Get<V, T>(x.Row(row, hidden), j, count);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static V Sigmoid<V, T>(V x) where V : struct, ISimd<V, T> where T : unmanaged => V.Of(1) / (V.Of(1) + V.Exp(-x));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static V Get<V, T>(View<T> x, int i, int count) where V : struct, ISimd<V, T> where T : unmanaged =>
        count == V.Count ? V.Load(x, i) : V.LoadPart(x, i, count, default);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Put<V, T>(V v, View<T> x, int i, int count) where V : struct, ISimd<V, T> where T : unmanaged
    {
        if (count == V.Count) V.Store(v, x, i);
        else V.StorePart(v, x, i, count);
    }
}
