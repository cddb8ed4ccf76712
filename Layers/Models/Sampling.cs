namespace NanoAttention;

/// <summary>Choosing a symbol by its logits.</summary>
public static class Sampling
{
    /// <summary>
    /// Draws i with probability softmax(logits/temperature)ᵢ from the default generator, among the <c>topK</c> likeliest if given; the
    /// likeliest where the temperature is 0. Logits of −∞ are never drawn.
    /// </summary>
    /// <exception cref="ArgumentException">No logit is finite, one is NaN or +∞, or temperature or count are out of range.</exception>
    public static int Draw(ReadOnlySpan<double> logits, double temperature = 1, int? topK = null)
    {
        if (!(temperature >= 0 && double.IsFinite(temperature)) || topK < 1)
            throw new ArgumentException($"Sampling.Draw: temperature {temperature} must be 0 or more and finite, and top-k {topK} positive");
        int best = -1;
        for (int i = 0; i < logits.Length; i++)
            if (double.IsNaN(logits[i]) || double.IsPositiveInfinity(logits[i])) throw new ArgumentException($"Sampling.Draw: logit {i} is {logits[i]}");
            else if (double.IsFinite(logits[i]) && (best < 0 || logits[i] > logits[best])) best = i;
        if (best < 0) throw new ArgumentException($"Sampling.Draw: none of {logits.Length} logits is finite");
        if (temperature == 0) return best;

        double least = double.NegativeInfinity;
        if (topK is { } k && k < logits.Length)
        {
            double[] sorted = logits.ToArray();
            Array.Sort(sorted);
            least = sorted[^k];
        }
        double[] weights = new double[logits.Length];
        double total = 0;
        for (int i = 0; i < weights.Length; i++)
            if (logits[i] >= least) total += weights[i] = Math.Exp((logits[i] - logits[best]) / temperature);

        double left = Tensor.Uniform([], dtype: DType.F64, device: Device.Cpu).Item() * total;
        int last = best;
        for (int i = 0; i < weights.Length; i++)
        {
            if (weights[i] == 0) continue;
            last = i;
            if ((left -= weights[i]) < 0) break;
        }
        return last;
    }
}
