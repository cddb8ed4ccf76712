using NanoAttention.Kernels;

namespace NanoAttention;

/// <summary>Keeps gradients small (Pascanu, Mikolov and Bengio 2013).</summary>
public static class GradientClipping
{
    /// <summary>
    /// The norm √Σg² over all gradients. Where c = max/(norm + 1e-6) is below 1, all gradients are multiplied by it, in place.
    /// One number is read back from the device, however many parameters there are.
    /// </summary>
    public static double Norm(IEnumerable<Tensor> parameters, double max)
    {
        var gradients = new List<Tensor>();
        foreach (var p in parameters)
            if (p.Grad is { } grad) gradients.Add(grad.Detach());
        if (gradients.Count == 0) return 0;

        var first = gradients[0];
        var squares = Tensor.Empty([gradients.Count], first.DType, first.Device);
        for (int i = 0; i < gradients.Count; i++)
            first.Device.Reduce(default(SumOfSquares), gradients[i].Contiguous(), squares.Slice(0, i, 1), gradients[i].Count, 1);
        double norm = Math.Sqrt(squares.ToDoubles().Sum());

        double c = max / (norm + 1e-6);
        if (c < 1)
            foreach (var g in gradients)
            {
                g.Storage.Touch();
                g.Device.Map(new Scale(c), g, g);
            }
        return norm;
    }

    readonly struct Scale(double c) : IUnary
    {
        public V Apply<V>(V x) where V : struct, ILane<V> => x * V.Of(c);
        public V Slope<V>(V x, V y) where V : struct, ILane<V> => V.Of(c);
    }
}
