namespace NanoAttention;

/// <summary>What a translator makes of one sequence: the symbols up to the end, and for each the weights (symbols, source) with which it looked at the source, if it looks.</summary>
public sealed record Translation(int[] Symbols, float[,]? Attention);

/// <summary>A model that turns sequences of symbols into others. Symbol 0 fills up short sequences, 1 begins a target, 2 ends it.</summary>
public abstract class Translator : Module
{
    public const int Pad = 0, Begin = 1, End = 2;

    /// <summary>
    /// The scores of the next symbol behind every symbol of the target (teacher forcing). Shapes: source (b, s) I32 with its lengths,
    /// target (b, t) I32 from <see cref="Begin"/> on → logits (b, t, vocabulary).
    /// </summary>
    public Tensor Forward(Tensor source, int[] lengths, Tensor target) => Run(source, lengths, target, weighed: false).Logits;

    /// <summary>The same, bit for bit, with the weights on the source, (b, t, s); none where the model does not look at it.</summary>
    public (Tensor Logits, Tensor? Weights) ForwardWithWeights(Tensor source, int[] lengths, Tensor target) => Run(source, lengths, target, weighed: true);

    (Tensor Logits, Tensor? Weights) Run(Tensor source, int[] lengths, Tensor target, bool weighed)
    {
        CheckSource(source, lengths);
        if (target.Rank != 2 || target.Shape[0] != lengths.Length) throw new ArgumentException($"{GetType().Name}: the target {target.Shape} must be ({lengths.Length}, time)");
        return Decode(source, lengths, target, weighed);
    }

    /// <summary>Logits (b, t, vocabulary), and, if asked, the weights (b, t, s).</summary>
    private protected abstract (Tensor Logits, Tensor? Weights) Decode(Tensor source, int[] lengths, Tensor target, bool weighed);

    /// <summary>Always the likeliest next symbol, until <see cref="End"/> or <c>longest</c> symbols; for all sequences at once, without gradients.</summary>
    public Translation[] Translate(Tensor source, int[] lengths, int longest)
    {
        CheckSource(source, lengths);
        using var _ = Reverse.NoGrad();
        var next = BeginDecoding(source, lengths);
        int batch = lengths.Length;
        var symbols = Enumerable.Range(0, batch).Select(_ => new List<int>()).ToArray();
        var looks = Enumerable.Range(0, batch).Select(_ => new List<float[]>()).ToArray();
        var open = Enumerable.Repeat(true, batch).ToArray();
        bool attends = false;
        int[] last = [.. Enumerable.Repeat(Begin, batch)];
        for (int t = 0; t < longest && open.Contains(true); t++)
        {
            var (logits, weights) = next(last);                                     // (b, vocabulary), (b, s)
            last = logits.ArgMax().ToArray<int>();
            attends = weights is not null;
            float[]? rows = weights?.To(DType.F32).ToArray<float>();
            for (int i = 0; i < batch; i++)
            {
                open[i] &= last[i] != End;
                if (!open[i]) continue;
                symbols[i].Add(last[i]);
                if (rows is not null) looks[i].Add(rows[(i * source.Shape[1])..(i * source.Shape[1] + lengths[i])]);
            }
        }
        return [.. symbols.Select((s, i) => new Translation([.. s], attends ? Matrix(looks[i], lengths[i]) : null))];
    }

    /// <summary>A function from the last symbols (b) to the scores of the next (b, vocabulary) and the weights on the source (b, s), to be called step by step.</summary>
    private protected abstract Func<int[], (Tensor Logits, Tensor? Attention)> BeginDecoding(Tensor source, int[] lengths);

    void CheckSource(Tensor source, int[] lengths)
    {
        if (source.Rank != 2 || lengths.Length != source.Shape[0] || lengths.Any(n => n < 1 || n > source.Shape[1]))
            throw new ArgumentException($"{GetType().Name}: the source {source.Shape} and lengths ({string.Join(", ", lengths)}): it must be (batch, time), with batch lengths from 1 to time");
    }

    static float[,] Matrix(List<float[]> rows, int columns)
    {
        var matrix = new float[rows.Count, columns];
        for (int i = 0; i < rows.Count; i++)
            for (int j = 0; j < columns; j++) matrix[i, j] = rows[i][j];
        return matrix;
    }
}
