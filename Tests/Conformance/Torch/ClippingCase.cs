namespace NanoAttention.Tests.Conformance;

/// <summary>Gradients clipped by their norm, given before, or number by number: the gradients after.</summary>
public static class ClippingCase
{
    public static void Check(TorchCase vector, IReadOnlyDictionary<string, Tensor> file)
    {
        var gradients = vector.Entries("tensors").Where(t => t.Name.StartsWith("g/", StringComparison.Ordinal)).ToDictionary(t => t.Name[2..], t => file[t.Key!]);
        var parameters = gradients.ToDictionary(g => g.Key, g =>
        {
            var p = Tensor.Zeros(g.Value.Shape).RequireGrad();
            p.Grad = g.Value.Clone();
            return p;
        });
        if (vector.Op == "clip_grad_value") GradientClipping.Value(parameters.Values, Number("clipValue"));
        else
        {
            double norm = GradientClipping.Norm(parameters.Values, Number("maxNorm"), Number("normType")).Item();
            Close.Check("norm", [norm], file[$"{vector.Name}/t/norm"].ToDoubles(), vector.Relative, vector.Absolute);
        }
        foreach (var (name, p) in parameters)
            Close.Check($"clipped {name}", p.Grad!, file[$"{vector.Name}/t/clipped/{name}"], vector.Relative, vector.Absolute);

        double Number(string name) => Convert.ToDouble(vector.Value(name) ?? throw new NotSupportedByEngineException($"{vector.Op} without {name}"));
    }
}
