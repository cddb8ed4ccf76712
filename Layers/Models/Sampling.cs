namespace NanoAttention;

/// <summary>Choosing a symbol by its logits.</summary>
public static class Sampling
{
    /// <summary>
    /// Draws i with probability softmax(logits/temperature)ᵢ from the default generator, among the <c>topK</c> likeliest if given; the
    /// likeliest where the temperature is 0.
    /// </summary>
    public static int Draw(ReadOnlySpan<double> logits, double temperature = 1, int? topK = null)
    {
        int best = 0;
        for (int i = 1; i < logits.Length; i++)
            if (logits[i] > logits[best]) best = i;
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
