namespace NanoAttention.Kernels;

/// <summary>
/// One step of an LSTM behind its matrix products (Hochreiter and Schmidhuber 1997), gates in the order i, f, g, o:
/// c = σ(f) c₋₁ + σ(i) tanh(g), h = σ(o) tanh(c). Shapes: gates and activated (rows, 4·hidden), the others (rows, hidden).
/// </summary>
public static class LstmCell
{
    /// <summary>h, c and the activated gates. Items are rows.</summary>
    public readonly struct Forward<T>(View<T> gates, View<T> cPrevious, View<T> h, View<T> c, View<T> activated, int hidden) : IKernel<T> where T : unmanaged
    {
        public void Run<V>(int from, int to) where V : struct, ISimd<V, T>
        {
            for (int row = from; row < to; row++)
            {
                View<T> x = gates.Row(row, 4 * hidden), a = activated.Row(row, 4 * hidden);
                View<T> c0 = cPrevious.Row(row, hidden), c1 = c.Row(row, hidden), h1 = h.Row(row, hidden);
                for (int j = 0; j < hidden; j += V.Count)
                {
                    int left = hidden - j;
                    V i = Sigmoid(Load(x, j, left)), f = Sigmoid(Load(x, j + hidden, left));
                    V g = V.Tanh(Load(x, j + 2 * hidden, left)), o = Sigmoid(Load(x, j + 3 * hidden, left));
                    V y = V.MulAdd(f, Load(c0, j, left), i * g);
                    Store(i, a, j, left);
                    Store(f, a, j + hidden, left);
                    Store(g, a, j + 2 * hidden, left);
                    Store(o, a, j + 3 * hidden, left);
                    Store(y, c1, j, left);
                    Store(o * V.Tanh(y), h1, j, left);
                }
            }

            static V Sigmoid(V x) => V.Of(1) / (V.Of(1) + V.Exp(-x));
            static V Load(View<T> x, int i, int left) => left >= V.Count ? V.Load(x, i) : V.LoadPart(x, i, left, default);
            static void Store(V v, View<T> x, int i, int left) { if (left >= V.Count) V.Store(v, x, i); else V.StorePart(v, x, i, left); }
        }
    }

    /// <summary>The gradients of the gates and of c₋₁; dh or dc may be empty, which stands for 0. Items are rows.</summary>
    public readonly struct Backward<T>(View<T> activated, View<T> cPrevious, View<T> c, View<T> dh, View<T> dc, View<T> dgates, View<T> dcPrevious, int hidden) : IKernel<T> where T : unmanaged
    {
        public void Run<V>(int from, int to) where V : struct, ISimd<V, T>
        {
            V one = V.Of(1);
            for (int row = from; row < to; row++)
            {
                View<T> a = activated.Row(row, 4 * hidden), d = dgates.Row(row, 4 * hidden), c0 = cPrevious.Row(row, hidden), c1 = c.Row(row, hidden), d0 = dcPrevious.Row(row, hidden);
                for (int j = 0; j < hidden; j += V.Count)
                {
                    int left = hidden - j;
                    V i = Load(a, j, left), f = Load(a, j + hidden, left), g = Load(a, j + 2 * hidden, left), o = Load(a, j + 3 * hidden, left);
                    V t = V.Tanh(Load(c1, j, left));
                    V h1 = dh.Length == 0 ? V.Of(0) : Load(dh.Row(row, hidden), j, left);
                    V s = V.MulAdd(h1 * o, one - t * t, dc.Length == 0 ? V.Of(0) : Load(dc.Row(row, hidden), j, left));     // dL/dc
                    Store(s * g * i * (one - i), d, j, left);
                    Store(s * Load(c0, j, left) * f * (one - f), d, j + hidden, left);
                    Store(s * i * (one - g * g), d, j + 2 * hidden, left);
                    Store(h1 * t * o * (one - o), d, j + 3 * hidden, left);
                    Store(s * f, d0, j, left);
                }
            }

            static V Load(View<T> x, int i, int left) => left >= V.Count ? V.Load(x, i) : V.LoadPart(x, i, left, default);
            static void Store(V v, View<T> x, int i, int left) { if (left >= V.Count) V.Store(v, x, i); else V.StorePart(v, x, i, left); }
        }
    }
}
