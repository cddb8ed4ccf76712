using System.Runtime.CompilerServices;

namespace NanoAttention.Kernels.Cpu;

/// <summary>Stochastic gradient descent with momentum (Sutskever et al., 2013).</summary>
public static class Sgd
{
    /// <summary>
    /// A step in PyTorch's order, in place. g ← g + λ p; with momentum b ← μ b + (1 − τ) g (b ← g at the first step) and
    /// g ← g + μ b (nesterov) or b; p ← p − η g. An empty <c>momentum</c> means none. λ = <c>decay</c>,
    /// μ = <c>mu</c>, τ = <c>dampening</c>, η = <c>rate</c>. Items are elements.
    /// </summary>
    public readonly struct Step<T>(View<T> p, View<T> g, View<T> momentum, double rate, double mu, double dampening, double decay,
        bool nesterov, bool first) : IKernel<T> where T : unmanaged
    {
        [MethodImpl(Compiled.Alone)]
        public void Run<V>(int from, int to) where V : struct, ISimd<V, T>
        {
            bool remembers = momentum.Length > 0;
            int i = from;
            for (; i <= to - V.Count; i += V.Count)
            {
                var (newP, newB) = Next(V.Load(p, i), V.Load(g, i), remembers ? V.Load(momentum, i) : V.Of(0));
                V.Store(newP, p, i);
                if (remembers) V.Store(newB, momentum, i);
            }
            int left = to - i;
            if (left > 0)
            {
                var (newP, newB) = Next(V.LoadPart(p, i, left, default), V.LoadPart(g, i, left, default),
                    remembers ? V.LoadPart(momentum, i, left, default) : V.Of(0));
                V.StorePart(newP, p, i, left);
                if (remembers) V.StorePart(newB, momentum, i, left);
            }
        }

        (V P, V B) Next<V>(V p, V g, V b) where V : struct, ISimd<V, T>
        {
            g = V.MulAdd(V.Of(decay), p, g);
            if (momentum.Length > 0)
            {
                b = first ? g : V.MulAdd(V.Of(mu), b, V.Of(1 - dampening) * g);
                g = nesterov ? V.MulAdd(V.Of(mu), b, g) : b;
            }
            return (p - V.Of(rate) * g, b);
        }
    }
}
