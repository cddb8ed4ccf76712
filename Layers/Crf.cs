namespace NanoAttention;

/// <summary>
/// A linear-chain conditional random field (Lafferty, McCallum and Pereira 2001): scores of tags and of their neighbourhood, normalised
/// over whole sequences.
/// <code>
/// s(y) = start[y₀] + Σₜ emission[t, yₜ] + Σₜ transition[yₜ₋₁, yₜ] + end[y_last],   ln p(y) = s(y) − ln Σ exp s
/// α₀ = start + emission[0],   αₜ[j] = ln Σᵢ exp(αₜ₋₁[i] + transition[i, j]) + emission[t, j],   ln Σ exp s = ln Σᵢ exp(α[i] + end[i])
/// </code>
/// Shapes: emissions (b, t, k), tags (b, t) I32, mask (b, t) Bool, true at the first places of each row and there alone, at least one.
/// </summary>
public sealed class Crf(int tags) : Module
{
    /// <summary>(k, k), from the row's tag to the column's</summary>
    public Tensor Transitions { get; } = Initialise.Uniform(Initialise.Parameter([tags, tags]), -0.1, 0.1);

    /// <summary>(k)</summary>
    public Tensor StartTransitions { get; } = Initialise.Uniform(Initialise.Parameter([tags]), -0.1, 0.1);

    /// <summary>(k)</summary>
    public Tensor EndTransitions { get; } = Initialise.Uniform(Initialise.Parameter([tags]), -0.1, 0.1);

    /// <summary>ln p of each row's tags, (b): its negative is the loss.</summary>
    public Tensor LogLikelihood(Tensor emissions, Tensor tags, Tensor? mask = null)
    {
        Check(emissions, mask);
        if (tags.Shape != emissions.Shape[..2])
            throw new ArgumentException(
                $"Crf: the tags {tags.Shape} must be {emissions.Shape[..2]}, as the emissions {emissions.Shape} are");
        return Score(emissions, tags, mask) - LogNorm(emissions, mask);
    }

    /// <summary>The likeliest tags of each row (Viterbi 1967), as many as its mask allows; the first of those that are equal.</summary>
    public int[][] Decode(Tensor emissions, Tensor? mask = null)
    {
        Check(emissions, mask);
        using var _ = Reverse.NoGrad();
        int batch = emissions.Shape[0], time = emissions.Shape[1];
        var best = StartTransitions + emissions.Select(1, 0);                           // (b, k): the best score of a sequence that ends so
        var before = new int[time][];                                                   // [t]: (b, k), the tag before, on the best way
        for (int t = 1; t < time; t++)
        {
            var ways = best.Unsqueeze(2) + Transitions;                                 // (b, from, to)
            before[t] = ways.ArgMax(1).ToArray<int>();
            best = Masked(mask, t, ways.Max(1) + emissions.Select(1, t), best);
        }
        int[] last = (best + EndTransitions).ArgMax(-1).ToArray<int>();
        return [.. Enumerable.Range(0, batch).Select(Follow)];

        int[] Follow(int row)
        {
            int length = mask is null ? time : (int)mask.Select(0, row).CountNonZero().Item();
            var path = new int[length];
            path[^1] = last[row];
            for (int t = length - 1; t > 0; t--) path[t - 1] = before[t][row * tags + path[t]];
            return path;
        }
    }

    Tensor Score(Tensor emissions, Tensor tags, Tensor? mask)
    {
        int time = emissions.Shape[1];
        var here = emissions.TakeAlong(-1, tags.Unsqueeze(2)).Squeeze(2);               // (b, t)
        var steps = Transitions.GatherNd(Tensor.Stack([tags.Slice(1, 0, time - 1), tags.Slice(1, 1, time - 1)], -1));     // (b, t − 1)
        if (mask is not null)
        {
            here = here.MaskedFill(!mask, 0);
            steps = steps.MaskedFill(!mask.Slice(1, 1, time - 1), 0);
        }
        return StartTransitions.GatherNd(tags.Slice(1, 0, 1)) + here.Sum(1) + steps.Sum(1) + EndTransitions.GatherNd(Last(tags, mask));
    }

    // ln Σ exp s, (b)
    Tensor LogNorm(Tensor emissions, Tensor? mask)
    {
        var alpha = StartTransitions + emissions.Select(1, 0);                          // (b, k)
        for (int t = 1; t < emissions.Shape[1]; t++)
            alpha = Masked(mask, t, (alpha.Unsqueeze(2) + Transitions).LogSumExp(1) + emissions.Select(1, t), alpha);
        return (alpha + EndTransitions).LogSumExp(-1);
    }

    // Where a row has ended it stays as it is.
    static Tensor Masked(Tensor? mask, int t, Tensor next, Tensor last) =>
        mask is null ? next : Tensor.Where(mask.Slice(1, t, 1), next, last);

    // (b, 1): the last tag of each row
    static Tensor Last(Tensor tags, Tensor? mask)
    {
        if (mask is null) return tags.Slice(1, tags.Shape[1] - 1, 1);
        int[] last = [.. Enumerable.Range(0, tags.Shape[0]).Select(row => (int)mask.Select(0, row).CountNonZero().Item() - 1)];
        return tags.TakeAlong(1, Tensor.From(last, [last.Length, 1], tags.Device));
    }

    void Check(Tensor emissions, Tensor? mask)
    {
        if (emissions.Rank != 3 || emissions.Shape[1] == 0 || emissions.Shape[2] != tags)
            throw new ArgumentException($"Crf: the emissions {emissions.Shape} must be (b, t, {tags}) with a t of at least 1");
        if (mask is null) return;
        if (mask.Shape != emissions.Shape[..2] || mask.DType != DType.Bool)
            throw new ArgumentException(
                $"Crf: the mask {mask.Shape} {mask.DType} must be {emissions.Shape[..2]} Bool, as the emissions {emissions.Shape} are");
        bool[] seen = mask.ToArray<bool>();
        for (int i = 0; i < seen.Length; i++)
            if (i % mask.Shape[1] == 0 ? !seen[i] : seen[i] && !seen[i - 1])
                throw new ArgumentException(
                    $"Crf: row {i / mask.Shape[1]} of the mask must be true at its first places, at least one, and nowhere else");
    }

    internal static Case[] Cases =>
    [
        Case.Of(() => new Crf(3), (crf, x) => crf.LogLikelihood(x[0], x[1]), [[2, 4, 3], Input.Indices(3, [2, 4])]),
        Case.Of(() => new Crf(2), (crf, x) => crf.LogLikelihood(x[0], x[1], Padding.Mask([3, 1], 3, x[0].Device)),
            [[2, 3, 2], Input.Indices(2, [2, 3])]),
    ];
}
