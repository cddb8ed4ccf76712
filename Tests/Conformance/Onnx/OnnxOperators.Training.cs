namespace NanoAttention.Tests.Conformance;

/// <summary>Steps of optimisers.</summary>
public static partial class OnnxOperators
{
    static (string Name, Func<OnnxNode, OnnxValue?[]> Body)[] Training =>
    [
        ("Adagrad", n => EachParameter(n, 1, (r, t, x, g, s) =>
        {
            var sum = s[0] + g * g;
            return [x - r / (1 + t * n.Float("decay_factor", 0)) * g / (sum.Sqrt() + n.Float("epsilon", 0)), sum];
        })),
        ("Adam", n => EachParameter(n, 2, (r, t, x, g, s) =>
        {
            double alpha = n.Float("alpha", 0.9), beta = n.Float("beta", 0.999);
            Tensor v = alpha * s[0] + (1 - alpha) * g, h = beta * s[1] + (1 - beta) * g * g;
            double rate = t > 0 ? r * Math.Sqrt(1 - Math.Pow(beta, t)) / (1 - Math.Pow(alpha, t)) : r;
            return [(1 - n.Float("norm_coefficient_post", 0)) * (x - rate * v / (h.Sqrt() + n.Float("epsilon", 1e-6))), v, h];
        })),
        ("Momentum", n => EachParameter(n, 1, (r, t, x, g, s) =>
        {
            double alpha = n.Float("alpha"), beta = n.Float("beta");
            var v = alpha * s[0] + (t > 0 ? beta : 1) * g;
            return n.Text("mode") switch
            {
                "standard" => [x - r * v, v],
                "nesterov" => [x - r * (g + alpha * v), v],
                var other => throw n.Unknown("mode", other),
            };
        })),
    ];

    /// <summary>
    /// A step of rate r after t others for every parameter x: inputs r, t, all x, all gradients, all first states, all second …; outputs
    /// all new x, all new first states, …. Gradients take weight decay with them.
    /// </summary>
    static OnnxValue[] EachParameter(OnnxNode n, int states, Func<double, double, Tensor, Tensor, Tensor[], Tensor[]> step)
    {
        double rate = n[0].Item(), steps = n[1].Item(), decay = n.Float("norm_coefficient", 0);
        int count = (n.InputCount - 2) / (2 + states);
        var results = new OnnxValue[(1 + states) * count];
        for (int i = 0; i < count; i++)
        {
            var x = n[2 + i];
            var done = step(rate, steps, x, decay * x + n[2 + count + i], [.. Range(2, states).Select(s => n[2 + s * count + i])]);
            for (int j = 0; j < done.Length; j++) results[j * count + i] = done[j];
        }
        return results;
    }
}
