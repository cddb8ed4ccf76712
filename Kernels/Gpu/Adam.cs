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
            var next = new Numbers(p[i], g[i], m[i], v[i]).After(rates);
            p[i] = next.P;
            m[i] = next.M;
            v[i] = next.V;
        }
    }

    /// <summary>The same for all tensors of a table of p, g, m and v, two numbers of each at a time. A group takes a block.</summary>
    public static unsafe void StepAll(TensorTable table, Rates rates)
    {
        int blocks = table.Blocks;
        for (int block = Grid.IdxX; block < blocks; block += Grid.DimX)
        {
            int tensor = table.TensorOf(block), first = table.First(tensor, block);
            int end = Math.Min(first + TensorTable.Block, table.Count(tensor)), step = Group.DimX;
            float* p = table.Start(tensor, 0), g = table.Start(tensor, 1), m = table.Start(tensor, 2), v = table.Start(tensor, 3);
            int i = first + Group.IdxX;
            for (; i < end - step; i += 2 * step)
            {
                Numbers one = new(p[i], g[i], m[i], v[i]), other = new(p[i + step], g[i + step], m[i + step], v[i + step]);
                Store(one.After(rates), p, m, v, i);
                Store(other.After(rates), p, m, v, i + step);
            }
            if (i < end) Store(new Numbers(p[i], g[i], m[i], v[i]).After(rates), p, m, v, i);
        }
    }

    static unsafe void Store(Numbers numbers, float* p, float* m, float* v, int i)
    {
        p[i] = numbers.P;
        m[i] = numbers.M;
        v[i] = numbers.V;
    }

    /// <summary>A number of the parameter, of its gradient, and of both moments.</summary>
    readonly struct Numbers(float p, float g, float m, float v)
    {
        public readonly float P = p, G = g, M = m, V = v;

        public Numbers After(Rates rates)
        {
            float before = P * rates.Shrink, slope = G + rates.Decay * before;
            float first = rates.Keep1 * M + rates.Take1 * slope, second = rates.Keep2 * V + rates.Take2 * slope * slope;
            return new(before - rates.Size * first / (MathF.Sqrt(second) * rates.Root + rates.Epsilon), G, first, second);
        }
    }
}
