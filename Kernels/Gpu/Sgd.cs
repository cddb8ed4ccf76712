using ILGPU;

namespace NanoAttention.Kernels.Gpu;

/// <inheritdoc cref="Cpu.Sgd"/>
public static class Sgd
{
    /// <summary>The constants of a step, those of <see cref="Cpu.Sgd.Step{T}"/>.</summary>
    public readonly struct Rates(double rate, double mu, double dampening, double decay, bool nesterov, bool first)
    {
        internal readonly float Rate = (float)rate, Keep = first ? 0 : (float)mu, Take = first ? 1 : (float)(1 - dampening), Decay = (float)decay,
            Ahead = nesterov ? (float)mu : 1, Slope = nesterov ? 1 : 0;
    }

    /// <summary>As <see cref="Cpu.Sgd.Step{T}"/>; an empty <paramref name="momentum"/> means none.</summary>
    public static void Step(ArrayView<float> p, ArrayView<float> g, ArrayView<float> momentum, Rates rates)
    {
        for (int i = Threads.First; i < p.IntLength; i += Threads.All)
        {
            float slope = g[i] + rates.Decay * p[i];
            if (momentum.Length > 0)
            {
                float velocity = rates.Take * slope;
                if (rates.Keep != 0) velocity += rates.Keep * momentum[i];     // the first step finds nothing there
                momentum[i] = velocity;
                slope = rates.Ahead * velocity + rates.Slope * slope;
            }
            p[i] -= rates.Rate * slope;
        }
    }
}
