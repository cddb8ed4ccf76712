using ILGPU;

namespace NanoAttention.Kernels.Gpu;

/// <inheritdoc cref="Cpu.LstmCell"/>
public static class LstmCell
{
    /// <inheritdoc cref="Cpu.LstmCell.Forward{T}"/>
    public static void Forward(ArrayView<float> gates, ArrayView<float> cPrevious, ArrayView<float> h, ArrayView<float> c, ArrayView<float> activated, int hidden)
    {
        for (int item = Threads.First; item < c.IntLength; item += Threads.All)
        {
            int row = item / hidden, at = 4 * row * hidden + (item - row * hidden);
            float i = Sigmoid(gates[at]), f = Sigmoid(gates[at + hidden]), g = FloatMath.Tanh(gates[at + 2 * hidden]), o = Sigmoid(gates[at + 3 * hidden]);
            float state = f * cPrevious[item] + i * g;
            activated[at] = i;
            activated[at + hidden] = f;
            activated[at + 2 * hidden] = g;
            activated[at + 3 * hidden] = o;
            c[item] = state;
            h[item] = o * FloatMath.Tanh(state);
        }
    }

    /// <inheritdoc cref="Cpu.LstmCell.Backward{T}"/>
    public static void Backward(ArrayView<float> activated, ArrayView<float> cPrevious, ArrayView<float> c, ArrayView<float> dh, ArrayView<float> dc, ArrayView<float> dgates, ArrayView<float> dcPrevious, int hidden)
    {
        for (int item = Threads.First; item < c.IntLength; item += Threads.All)
        {
            int row = item / hidden, at = 4 * row * hidden + (item - row * hidden);
            float i = activated[at], f = activated[at + hidden], g = activated[at + 2 * hidden], o = activated[at + 3 * hidden];
            float tanh = FloatMath.Tanh(c[item]), slope = dh.Length > 0 ? dh[item] : 0;
            float d = slope * o * (1 - tanh * tanh) + (dc.Length > 0 ? dc[item] : 0);
            dgates[at] = d * g * i * (1 - i);
            dgates[at + hidden] = d * cPrevious[item] * f * (1 - f);
            dgates[at + 2 * hidden] = d * i * (1 - g * g);
            dgates[at + 3 * hidden] = slope * tanh * o * (1 - o);
            dcPrevious[item] = d * f;
        }
    }

    static float Sigmoid(float x) => 1 / (1 + FloatMath.Exp(-x));
}
