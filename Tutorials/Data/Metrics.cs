namespace NanoAttention.Tutorials;

/// <summary>Corpus BLEU with its parts. <paramref name="Score"/> is 0 … 1; papers quote it times 100.</summary>
/// <param name="Precisions">Modified n-gram precisions p₁ … p_N.</param>
public sealed record BleuScore(double Score, double[] Precisions, double BrevityPenalty, int CandidateLength, int ReferenceLength);

/// <summary>Measures of sequences against references.</summary>
public static class Metrics
{
    /// <summary>
    /// BLEU = BP · exp(1/N · Σₙ log pₙ), where pₙ counts the candidates' n-grams, each at most as often as in one
    /// reference of its sentence, over the whole corpus; BP = 1 where the candidates are longer than the references,
    /// else exp(1 − r/c), r summing the reference lengths closest to the candidates' (the shorter of two equally close).
    /// No smoothing: an order without a match gives 0.
    /// (Papineni, Roukos, Ward, Zhu: BLEU, a Method for Automatic Evaluation of Machine Translation, ACL 2002, sections 2.1 to 2.3.)
    /// </summary>
    /// <param name="references">For each candidate, one or more translations.</param>
    public static BleuScore Bleu(
        IReadOnlyList<IReadOnlyList<string>> candidates, IReadOnlyList<IReadOnlyList<IReadOnlyList<string>>> references, int order = 4)
    {
        if (candidates.Count != references.Count)
            throw new ArgumentException(
                $"Bleu: {candidates.Count} candidates for {references.Count} sets of references; should be as many");
        if (order < 1) throw new ArgumentOutOfRangeException(nameof(order), $"Bleu: order {order}; should be 1 or more");
        int emptySet = references.ToList().FindIndex(r => r.Count == 0);
        if (emptySet >= 0) throw new ArgumentException($"Bleu: candidate {emptySet} has no reference");
        long[] matches = new long[order], totals = new long[order];
        int candidateLength = 0, referenceLength = 0;
        for (int i = 0; i < candidates.Count; i++)
        {
            IReadOnlyList<string> candidate = candidates[i];
            candidateLength += candidate.Count;
            referenceLength += references[i].Select(r => r.Count).OrderBy(n => Math.Abs(n - candidate.Count)).ThenBy(n => n).First();
            for (int n = 1; n <= order; n++)
            {
                totals[n - 1] += Math.Max(0, candidate.Count - n + 1);
                matches[n - 1] += ClippedMatches(candidate, references[i], n);
            }
        }

        double[] precisions = [.. matches.Zip(totals, (m, t) => t == 0 ? 0 : (double)m / t)];
        double brevity = candidateLength > referenceLength ? 1 : candidateLength == 0 ? 0
            : Math.Exp(1 - (double)referenceLength / candidateLength);
        double score = precisions.Min() == 0 ? 0 : brevity * Math.Exp(precisions.Average(Math.Log));
        return new(score, precisions, brevity, candidateLength, referenceLength);
    }

    static long ClippedMatches(IReadOnlyList<string> candidate, IReadOnlyList<IReadOnlyList<string>> references, int n)
    {
        Dictionary<string, int>[] inReferences = [.. references.Select(r => NGrams(r, n))];
        return NGrams(candidate, n).Sum(gram => (long)Math.Min(gram.Value, inReferences.Max(r => r.GetValueOrDefault(gram.Key))));
    }

    /// <summary>How often each n-gram occurs; its words are joined by a space, which no word has.</summary>
    static Dictionary<string, int> NGrams(IReadOnlyList<string> words, int n)
    {
        Dictionary<string, int> counts = [];
        for (int i = 0; i + n <= words.Count; i++)
        {
            string gram = string.Join(' ', words.Skip(i).Take(n));
            counts[gram] = counts.GetValueOrDefault(gram) + 1;
        }

        return counts;
    }
}
