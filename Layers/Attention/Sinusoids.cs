using System.Numerics;

namespace NanoAttention;

/// <summary>Adds to every vector its place as waves (Vaswani et al. 2017, §3.5). Shapes: (…, time, size) → the same.</summary>
public sealed class Sinusoids : Layer
{
    Tensor? table;      // of the last size, type and device, and at least the last time; private, so that no state dict has it

    public override Tensor Forward(Tensor x)
    {
        if (x.Rank < 2) throw new ArgumentException($"Sinusoids: the input {x.Shape} must be (…, time, size)");
        var (time, size) = (x.Shape[^2], x.Shape[^1]);
        var places = table;
        if (places is null || places.Shape[0] < time || places.Shape[1] != size || places.DType != x.DType || places.Device != x.Device)
            // a decoder comes with one place more each time
            table = places = Of((int)BitOperations.RoundUpToPowerOf2((uint)time), size).To(x.DType).To(x.Device).Keep();
        return x + places.Slice(0, 0, time);
    }

    /// <summary>(time, size) with row t: sin(t/base^(2i/size)) at 2i, cos of the same at 2i + 1. F64 on the CPU.</summary>
    public static Tensor Of(int time, int size, double @base = 10_000)
    {
        Shape shape = [time, size];
        var values = shape.Numbers<double>("Sinusoids");
        for (int t = 0; t * size < values.Length; t++)
            for (int j = 0; j < size; j++)
            {
                double angle = t / Math.Pow(@base, (j - j % 2) / (double)size);
                values[t * size + j] = j % 2 == 0 ? Math.Sin(angle) : Math.Cos(angle);
            }
        return Tensor.From(values, shape, Device.Cpu);
    }

    internal static Case[] Cases => [Case.Of(() => new Sinusoids(), (places, x) => places.Forward(x[0]), [[2, 3, 5]])];
}
