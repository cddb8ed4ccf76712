namespace NanoAttention;

/// <summary>Keeps gradients small (Pascanu, Mikolov and Bengio 2013).</summary>
public static class GradientClipping
{
    /// <summary>
    /// The norm (Σ|g|ᵖ)^(1/p) over all gradients, p = <c>order</c>, ∞ for the largest |g|. Where c = max/(norm + 1e-6) is below 1, all
    /// gradients are multiplied by it, in place.
    /// </summary>
    public static double Norm(IEnumerable<Tensor> parameters, double max, double order = 2)
    {
        Tensor[] gradients = Gradients(parameters);
        if (gradients.Length == 0) return 0;
        double norm = order != 2 ? Tensor.Stack([.. gradients.Select(g => g.Norm(order))]).Norm(order).Item()
            : Math.Sqrt(Together(gradients).Sum(some => some[0].Device.SumOfSquares(Array.ConvertAll(some, g => g.Contiguous()))));
        double c = max / (norm + 1e-6);
        if (!(c < 1)) return norm;
        foreach (var g in gradients.Where(g => !g.IsContiguous)) g.CopyFrom(g * c);
        foreach (var some in Together(gradients.Where(g => g.IsContiguous)))
        {
            foreach (var g in some) g.Storage.Touch();
            some[0].Device.Scale(some, c);
        }
        return norm;
    }

    /// <summary>Every number of every gradient clamped to ±max, in place.</summary>
    public static void Value(IEnumerable<Tensor> parameters, double max)
    {
        foreach (var g in Gradients(parameters)) g.CopyFrom(g.Clamp(-max, max));
    }

    static Tensor[] Gradients(IEnumerable<Tensor> parameters) => [.. parameters.Select(p => p.Grad?.Detach()).OfType<Tensor>()];

    // those that a device can take at once
    static IEnumerable<Tensor[]> Together(IEnumerable<Tensor> gradients) => gradients.GroupBy(g => (g.Device, g.DType)).Select(some => some.ToArray());
}
