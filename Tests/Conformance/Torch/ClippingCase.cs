namespace NanoAttention.Tests.Conformance;

/// <summary>Gradients clipped by their norm: the norm before, the gradients after.</summary>
public static class ClippingCase
{
    public static void Check(TorchCase vector, IReadOnlyDictionary<string, Tensor> file)
    {
        if (Convert.ToDouble(vector.Value("normType")) != 2) throw new NotSupportedByEngineException($"clip_grad_norm of order {vector.Value("normType")}");
        var gradients = vector.Entries("tensors").Where(t => t.Name.StartsWith("g/", StringComparison.Ordinal)).ToDictionary(t => t.Name[2..], t => file[t.Key!]);
        var parameters = gradients.ToDictionary(g => g.Key, g =>
        {
            var p = Tensor.Zeros(g.Value.Shape).RequireGrad();
            p.Grad = g.Value.Clone();
            return p;
        });
        double norm = GradientClipping.Norm(parameters.Values, Convert.ToDouble(vector.Value("maxNorm")));
        Close.Check("norm", [norm], file[$"{vector.Name}/t/norm"].ToDoubles(), vector.Relative, vector.Absolute);
        foreach (var (name, p) in parameters)
            Close.Check($"clipped {name}", p.Grad!, file[$"{vector.Name}/t/clipped/{name}"], vector.Relative, vector.Absolute);
    }
}
