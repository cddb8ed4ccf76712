using System.Runtime.CompilerServices;

namespace NanoAttention.Kernels.Cpu;

/// <summary>
/// Adam (Kingma and Ba, 2015) and AdamW (Loshchilov and Hutter, 2019), over all parameters at once, in <see cref="Parts"/>.
/// </summary>
public static unsafe class Adam
{
    /// <summary>Numbers beside each other of a parameter, its gradient and its two moments.</summary>
    public readonly struct Part<T>(T* p, T* g, T* m, T* v, int count) where T : unmanaged
    {
        internal readonly T* P = p, G = g, M = m, V = v;
        internal readonly int Count = count;
    }

    /// <summary>
    /// Step t = <c>step</c> ≥ 1 of Adam in PyTorch's order, in place. Decoupled: p ← p − η λ p, else g ← g + λ p;
    /// m ← β₁ m + (1 − β₁) g; v ← β₂ v + (1 − β₂) g²; p ← p − η/(1 − β₁ᵗ) · m / (√v/√(1 − β₂ᵗ) + ε).
    /// η = <c>rate</c>, λ = <c>decay</c>; g itself is left as it was. Items are parts.
    /// </summary>
    public readonly struct Step<T>(View<Part<T>> parts, double rate, double beta1, double beta2, double epsilon, double decay, int step,
        bool decoupled)
        : IKernel<T> where T : unmanaged
    {
        [MethodImpl(Compiled.Alone)]
        public void Run<V>(int from, int to) where V : struct, ISimd<V, T>
        {
            V keep1 = V.Of(beta1), take1 = V.Of(1 - beta1), keep2 = V.Of(beta2), take2 = V.Of(1 - beta2);
            V shrink = V.Of(1 - rate * decay), pull = V.Of(decay);
            V size = V.Of(rate / (1 - Math.Pow(beta1, step))), root = V.Of(1 / Math.Sqrt(1 - Math.Pow(beta2, step))), ε = V.Of(epsilon);
            for (int item = from; item < to; item++)
            {
                var part = parts[item];
                for (int i = 0, count; i < part.Count; i += count)
                {
                    count = Math.Min(V.Count, part.Count - i);
                    V p = Load<V>(part.P, i, count), g = Load<V>(part.G, i, count);
                    V m = Load<V>(part.M, i, count), v = Load<V>(part.V, i, count);
                    if (decoupled) p *= shrink;
                    else g = V.MulAdd(pull, p, g);
                    m = V.MulAdd(keep1, m, take1 * g);
                    v = V.MulAdd(keep2, v, take2 * g * g);
                    Store(m, part.M, i, count);
                    Store(v, part.V, i, count);
                    Store(p - size * m / (V.Sqrt(v) * root + ε), part.P, i, count);
                }
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        static V Load<V>(T* x, int i, int count) where V : struct, ISimd<V, T> =>
            count == V.Count ? V.Load(new(x, i + count), i) : V.LoadPart(new(x, i + count), i, count, default);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        static void Store<V>(V v, T* x, int i, int count) where V : struct, ISimd<V, T>
        {
            if (count == V.Count) V.Store(v, new(x, i + count), i);
            else V.StorePart(v, new(x, i + count), i, count);
        }
    }
}
