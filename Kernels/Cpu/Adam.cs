using System.Runtime.CompilerServices;

namespace NanoAttention.Kernels.Cpu;

/// <summary>Adam (Kingma and Ba, 2015) and AdamW (Loshchilov and Hutter, 2019).</summary>
public static class Adam
{
    /// <summary>
    /// Step t = <c>step</c> ≥ 1 of Adam in PyTorch's order, in place. Decoupled: p ← p − η λ p, else g ← g + λ p;
    /// m ← β₁ m + (1 − β₁) g; v ← β₂ v + (1 − β₂) g²; p ← p − η/(1 − β₁ᵗ) · m / (√v/√(1 − β₂ᵗ) + ε).
    /// η = <c>rate</c>, λ = <c>decay</c>; g itself is left as it was. Items are elements.
    /// </summary>
    public readonly struct Step<T>(View<T> p, View<T> g, View<T> m, View<T> v, double rate, double beta1, double beta2, double epsilon, double decay,
        int step, bool decoupled) : IKernel<T> where T : unmanaged
    {
        readonly double size = rate / (1 - Math.Pow(beta1, step)), root = 1 / Math.Sqrt(1 - Math.Pow(beta2, step));

        [MethodImpl(Compiled.Alone)]
        public void Run<V>(int from, int to) where V : struct, ISimd<V, T>
        {
            int i = from;
            for (; i <= to - V.Count; i += V.Count)
            {
                var (newP, newM, newV) = Next(V.Load(p, i), V.Load(g, i), V.Load(m, i), V.Load(v, i));
                V.Store(newP, p, i);
                V.Store(newM, m, i);
                V.Store(newV, v, i);
            }
            int left = to - i;
            if (left > 0)
            {
                var (newP, newM, newV) = Next(V.LoadPart(p, i, left, default), V.LoadPart(g, i, left, default), V.LoadPart(m, i, left, default), V.LoadPart(v, i, left, default));
                V.StorePart(newP, p, i, left);
                V.StorePart(newM, m, i, left);
                V.StorePart(newV, v, i, left);
            }
        }

        (V P, V M, V V) Next<V>(V p, V g, V m, V v) where V : struct, ISimd<V, T>
        {
            if (decoupled) p *= V.Of(1 - rate * decay);
            else g = V.MulAdd(V.Of(decay), p, g);
            m = V.MulAdd(V.Of(beta1), m, V.Of(1 - beta1) * g);
            v = V.MulAdd(V.Of(beta2), v, V.Of(1 - beta2) * g * g);
            return (p - V.Of(size) * m / (V.Sqrt(v) * V.Of(root) + V.Of(epsilon)), m, v);
        }
    }
}
