using ILGPU;

namespace NanoAttention.Kernels.Gpu;

/// <inheritdoc cref="Cpu.Adam"/>
public static class Adam
{
    /// <summary>The constants of a step, made of the parameters of <see cref="Cpu.Adam.Step{T}"/>.</summary>
    public readonly struct Rates(double rate, double beta1, double beta2, double epsilon, double decay, int step, bool decoupled)
    {
        internal readonly float
            Size = (float)(rate / (1 - Math.Pow(beta1, step))), Root = (float)(1 / Math.Sqrt(1 - Math.Pow(beta2, step))),
            Keep1 = (float)beta1, Take1 = (float)(1 - beta1), Keep2 = (float)beta2, Take2 = (float)(1 - beta2), Epsilon = (float)epsilon,
            Shrink = decoupled ? (float)(1 - rate * decay) : 1, Decay = decoupled ? 0 : (float)decay;
    }

    /// <inheritdoc cref="Cpu.Adam.Step{T}"/>
    public static void Step(ArrayView<float> p, ArrayView<float> g, ArrayView<float> m, ArrayView<float> v, Rates rates)
    {
        for (int i = Threads.First; i < p.IntLength; i += Threads.All)
        {
            float before = p[i] * rates.Shrink, slope = g[i] + rates.Decay * before;
            float first = rates.Keep1 * m[i] + rates.Take1 * slope, second = rates.Keep2 * v[i] + rates.Take2 * slope * slope;
            m[i] = first;
            v[i] = second;
            p[i] = before - rates.Size * first / (MathF.Sqrt(second) * rates.Root + rates.Epsilon);
        }
    }
}
