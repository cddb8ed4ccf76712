using NanoAttention.Kernels;

namespace NanoAttention;

/// <summary>Keeps gradients small (Pascanu, Mikolov and Bengio 2013).</summary>
public static class GradientClipping
{
    /// <summary>
    /// The norm (Σ|g|ᵖ)^(1/p) over all gradients, p = <c>order</c>, ∞ for the largest |g|. Where c = max/(norm + 1e-6) is below 1, all
    /// gradients are multiplied by it, in place. One number a parameter is read back from the device, all at once.
    /// </summary>
    public static double Norm(IEnumerable<Tensor> parameters, double max, double order = 2)
    {
        Tensor[] gradients = Gradients(parameters);
        if (gradients.Length == 0) return 0;
        double norm = order == 2 ? Math.Sqrt(Squares(gradients).Sum()) : Tensor.Stack([.. gradients.Select(g => g.Norm(order))]).Norm(order).Item();
        double c = max / (norm + 1e-6);
        if (c < 1)
            foreach (var g in gradients)
            {
                g.Storage.Touch();
                g.Device.Map(new Scale(c), g, g);
            }
        return norm;
    }

    /// <summary>Every number of every gradient clamped to ±max, in place.</summary>
    public static void Value(IEnumerable<Tensor> parameters, double max)
    {
        foreach (var g in Gradients(parameters)) g.CopyFrom(g.Clamp(-max, max));
    }

    static Tensor[] Gradients(IEnumerable<Tensor> parameters) => [.. parameters.Select(p => p.Grad?.Detach()).OfType<Tensor>()];

    // Σg² of each gradient.
    static double[] Squares(Tensor[] gradients)
    {
        var first = gradients[0];
        var squares = Tensor.Empty([gradients.Length], first.DType, first.Device);
        for (int i = 0; i < gradients.Length; i++)
            first.Device.Reduce(default(SumOfSquares), gradients[i].Contiguous(), squares.Slice(0, i, 1), gradients[i].Count, 1);
        return squares.ToDoubles();
    }

    readonly struct Scale(double c) : IUnary
    {
        public V Apply<V>(V x) where V : struct, ILane<V> => x * V.Of(c);
        public V Slope<V>(V x, V y) where V : struct, ILane<V> => V.Of(c);
    }
}
