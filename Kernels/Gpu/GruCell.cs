using ILGPU;

namespace NanoAttention.Kernels.Gpu;

/// <inheritdoc cref="Cpu.GruCell"/>
public static class GruCell
{
    /// <summary>As <see cref="Cpu.GruCell.Forward{T}"/>, with y, the products and their bias, in memory (rows, 3 hidden).</summary>
    public static void Forward(ArrayView<float> x, ArrayView<float> y, ArrayView<float> hPrevious, ArrayView<float> h, ArrayView<float> kept, int hidden)
    {
        for (int item = Threads.First; item < h.IntLength; item += Threads.All)
        {
            int row = item / hidden, j = item - row * hidden, at = 3 * row * hidden + j, to = 4 * row * hidden + j;
            float r = Sigmoid(x[at] + y[at]), z = Sigmoid(x[at + hidden] + y[at + hidden]), product = y[at + 2 * hidden];
            float fresh = FloatMath.Tanh(x[at + 2 * hidden] + r * product);
            h[item] = fresh + z * (hPrevious[item] - fresh);
            if (kept.Length == 0) continue;
            kept[to] = r;
            kept[to + hidden] = z;
            kept[to + 2 * hidden] = fresh;
            kept[to + 3 * hidden] = product;
        }
    }

    /// <summary>As <see cref="Cpu.GruCell.Backward{T}"/>, with the later step's product in dy.</summary>
    public static void Backward(ArrayView<float> kept, ArrayView<float> hPrevious, ArrayView<float> dy, ArrayView<float> direct, ArrayView<float> dx, ArrayView<float> dproducts, int hidden)
    {
        for (int item = Threads.First; item < direct.IntLength; item += Threads.All)
        {
            int row = item / hidden, j = item - row * hidden, at = 4 * row * hidden + j, to = 3 * row * hidden + j;
            float r = kept[at], z = kept[at + hidden], fresh = kept[at + 2 * hidden], y = kept[at + 3 * hidden], slope = dy[item] + direct[item];
            float d = slope * (1 - z) * (1 - fresh * fresh), dr = d * y * r * (1 - r), dz = slope * (hPrevious[item] - fresh) * z * (1 - z);
            dx[to] = dr;
            dx[to + hidden] = dz;
            dx[to + 2 * hidden] = d;
            dproducts[to] = dr;
            dproducts[to + hidden] = dz;
            dproducts[to + 2 * hidden] = d * r;
            direct[item] = slope * z;
        }
    }

    static float Sigmoid(float x) => 1 / (1 + FloatMath.Exp(-x));
}
