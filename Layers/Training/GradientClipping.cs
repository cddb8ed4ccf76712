namespace NanoAttention;

/// <summary>Keeps gradients small (Pascanu, Mikolov and Bengio 2013).</summary>
public static class GradientClipping
{
    /// <summary>
    /// The norm (Σ|g|ᵖ)^(1/p) over all gradients, p = <c>order</c>, ∞ for the largest |g|: a tensor, so that nobody waits for the device
    /// unless it is read. Where c = max/(norm + 1e-6) is below 1, all gradients are multiplied by it, in place.
    /// </summary>
    public static Tensor Norm(IEnumerable<Tensor> parameters, double max, double order = 2)
    {
        Tensor[] gradients = Gradients(parameters);
        if (gradients.Length == 0) return Tensor.Zeros([]);
        Tensor[] norms = [.. Together(gradients).Select(some => order == 2 ? Norm2(some) : Tensor.Stack([.. some.Select(g => g.Norm(order))]).Norm(order))];
        // of several devices or types, on the processor in double
        var norm = norms.Length == 1 ? norms[0] : Tensor.Stack([.. norms.Select(x => x.To(Device.Cpu).To(DType.F64))]).Norm(order);
        var c = (max / (norm + 1e-6)).Clamp(double.NegativeInfinity, 1);
        foreach (var g in gradients.Where(g => !g.IsContiguous)) g.CopyFrom(g * c.To(g.DType).To(g.Device));
        foreach (var some in Together(gradients.Where(g => g.IsContiguous)))
        {
            foreach (var g in some) g.Storage.Touch();
            some[0].Device.Scale(some, norms.Length == 1 ? c : c.To(some[0].DType).To(some[0].Device));
        }
        return norm;
    }

    static Tensor Norm2(Tensor[] gradients)
    {
        var device = gradients[0].Device;
        var sum = Tensor.Empty([], device == Device.Cpu ? DType.F64 : gradients[0].DType, device);
        device.SumOfSquares(Array.ConvertAll(gradients, g => g.Contiguous()), sum);
        return sum.Sqrt();
    }

    /// <summary>Every number of every gradient clamped to ±max, in place.</summary>
    public static void Value(IEnumerable<Tensor> parameters, double max)
    {
        foreach (var g in Gradients(parameters)) g.CopyFrom(g.Clamp(-max, max));
    }

    static Tensor[] Gradients(IEnumerable<Tensor> parameters) => [.. parameters.Select(p => p.Grad?.Detach()).OfType<Tensor>()];

    /// <summary>Those that a device can take at once.</summary>
    internal static IEnumerable<Tensor[]> Together(IEnumerable<Tensor> gradients) => gradients.GroupBy(g => (g.Device, g.DType)).Select(some => some.ToArray());
}
