namespace NanoAttention;

public static partial class Loss
{
    const double Never = -1e30;      // the logarithm of no chance at all; finite, so that its slopes are 0 and not NaN

    /// <summary>
    /// Connectionist temporal classification (Graves et al. 2006, §4.1): −ln of the chance that a row of symbols, one a step, reads as
    /// the target once repeats are merged and blanks struck. logp (steps, batch, classes) are logarithms of probabilities, targets
    /// (batch, longest) I32, and the lengths count the steps and the target's symbols of each → (batch). The mean is that of
    /// loss/max(1, target length). A target that cannot fit costs ∞, or 0 with <paramref name="zeroInfinity"/>.
    /// <code>
    /// s = (blank, y₁, blank, …, yₙ, blank); α₁[1, 2] = logp[s₁, s₂], else −∞
    /// αₜ[i] = logp[sᵢ] + ln(e^αₜ₋₁[i] + e^αₜ₋₁[i−1] + (e^αₜ₋₁[i−2] where sᵢ is no blank and sᵢ ≠ sᵢ₋₂))
    /// </code>
    /// </summary>
    public static Tensor ConnectionistTemporal(Tensor logp, Tensor targets, IReadOnlyList<int> steps, IReadOnlyList<int> lengths, int blank = 0,
        bool zeroInfinity = false, Reduction reduction = Reduction.Mean)
    {
        if (logp.Rank != 3 || targets.Rank != 2 || targets.DType != DType.I32 || targets.Shape[0] != logp.Shape[1]
            || steps.Count != logp.Shape[1] || lengths.Count != logp.Shape[1])
            throw new ArgumentException($"ConnectionistTemporal: logp {logp.Shape}, targets {targets.Shape} ({targets.DType}), {steps.Count} step counts, {lengths.Count} lengths: they must be (steps, batch, classes), (batch, longest) I32 and one a row");
        int time = logp.Shape[0], batch = logp.Shape[1], classes = logp.Shape[2], longest = targets.Shape[1], width = 2 * longest + 1;
        if (steps.Any(n => n < 0 || n > time) || lengths.Any(n => n < 0 || n > longest))
            throw new ArgumentOutOfRangeException(nameof(lengths), $"ConnectionistTemporal: step counts must lie in 0…{time} and target lengths in 0…{longest}");
        if ((uint)blank >= (uint)classes) throw new ArgumentOutOfRangeException(nameof(blank), $"ConnectionistTemporal: the blank {blank} is not between 0 and {classes - 1}");

        int[] symbols = Symbols(targets.ToDoubles(), lengths, longest, blank);                     // (batch, 2 longest + 1)
        bool[] skips = [.. Enumerable.Range(0, batch * width).Select(i => i % width >= 2 && symbols[i] != blank && symbols[i] != symbols[i - 2])];
        var s = Tensor.From(symbols, [batch, width], logp.Device);
        var mayNotSkip = Tensor.From(Array.ConvertAll(skips, skip => !skip), [batch, width], logp.Device);
        var begins = Tensor.Of([.. Enumerable.Range(0, batch * width).Select(i => i % width < 2 ? 0.0 : Never)], [batch, width], logp.DType, logp.Device);
        var before = Tensor.Full([batch, 2], Never, logp.DType, logp.Device);

        // Before the first step nothing is written: from there the first symbol may be s₁ or s₂.
        var alpha = begins;
        for (int t = 0; t < time; t++)
        {
            var reach = alpha;
            if (t > 0)
            {
                var padded = Tensor.Concat([before, alpha], 1);                                 // (batch, 2 + width)
                reach = alpha.LogAddExp(padded.Slice(1, 1, width)).LogAddExp(padded.Slice(1, 0, width).MaskedFill(mayNotSkip, Never));
            }
            var next = (reach + logp.Select(0, t).TakeAlong(1, s)).Clamp(Never);
            var ended = Tensor.From<bool>([.. steps.Select(n => t >= n)], [batch, 1], logp.Device);
            alpha = Tensor.Where(ended, alpha, next);
        }
        var last = Tensor.From<int>([.. lengths.Select(n => 2 * n)], [batch, 1], logp.Device);
        var blankAfter = Tensor.From<int>([.. lengths.Select(n => 2 * n + 1)], [batch, 1], logp.Device);
        var ends = Tensor.Concat([before.Slice(1, 0, 1), alpha], 1);                            // place i of α at i + 1
        var chance = ends.TakeAlong(1, blankAfter).LogAddExp(ends.TakeAlong(1, last)).Squeeze(1); // (batch): the last blank, or the last symbol
        var empty = Tensor.From<bool>([.. steps.Zip(lengths, (n, length) => n == 0 && length == 0)], [batch], logp.Device);
        var losses = (-chance).MaskedFill(empty, 0);
        losses = losses.MaskedFill(losses > -Never / 2, zeroInfinity ? 0 : double.PositiveInfinity);
        if (reduction != Reduction.Mean) return Reduce(losses, reduction);
        return (losses / Tensor.Of([.. lengths.Select(n => (double)Math.Max(1, n))], [batch], logp.DType, logp.Device)).Mean();
    }

    static int[] Symbols(double[] targets, IReadOnlyList<int> lengths, int longest, int blank)
    {
        int width = 2 * longest + 1;
        int[] symbols = new int[lengths.Count * width];
        Array.Fill(symbols, blank);
        for (int b = 0; b < lengths.Count; b++)
        {
            for (int i = 0; i < lengths[b]; i++)
            {
                int symbol = (int)targets[b * longest + i];
                if (symbol == blank) throw new ArgumentException($"ConnectionistTemporal: target {b} holds the blank {blank} at {i}");
                symbols[b * width + 2 * i + 1] = symbol;
            }
        }
        return symbols;
    }

    internal static Case[] CtcCases =>
    [
        Case.Of(x => ConnectionistTemporal(x.LogSoftmax(), Tensor.From([1, 1, 2, 3, 2, 0], [2, 3], x.Device), [5, 4], [3, 2]), [5, 2, 4]),
    ];
}
