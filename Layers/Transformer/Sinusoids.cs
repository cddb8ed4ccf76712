namespace NanoAttention;

/// <summary>Places as waves (Vaswani et al. 2017, §3.5).</summary>
public static class Sinusoids
{
    /// <summary>(time, size) with row t: sin(t/10000^(2i/size)) at 2i, cos of the same at 2i + 1. F64 on the CPU.</summary>
    public static Tensor Of(int time, int size)
    {
        var values = new double[time * size];
        for (int t = 0; t < time; t++)
            for (int j = 0; j < size; j++)
            {
                double angle = t / Math.Pow(10_000, (j - j % 2) / (double)size);
                values[t * size + j] = j % 2 == 0 ? Math.Sin(angle) : Math.Cos(angle);
            }
        return Tensor.From(values, [time, size], Device.Cpu);
    }
}
