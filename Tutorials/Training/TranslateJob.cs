using System.Globalization;

namespace NanoAttention.Tutorials;

/// <summary>Trains a translation model on sentence pairs split by source sentence, and scores it on the held-out ones.</summary>
static class TranslateJob
{
    const double heldOut = 0.05;
    const int minimumCount = 2, testCount = 1000, shown = 10;
    const ulong subsetStream = 31, batchStream = 32;

    public static int Run(RunSettings run, string data, string kind, int steps, int batch, int hidden, int longest, int most, double rate,
        CancellationToken stop)
    {
        var all = SentencePairs.NoLongerThan(SentencePairs.Read(data), longest);
        if (all.Length == 0) throw new InvalidDataException($"{data}: no pair has at most {longest} words on both sides");
        int[] chosen = CounterHash.Permutation(all.Length, run.Seed, subsetStream);
        var split = SentencePairs.Split(chosen.Take(most).Select(i => all[i]), heldOut, run.Seed);
        if (split.HeldOut.Length == 0 || split.Train.Length < batch)
            throw new InvalidDataException(
                $"{data}: {split.Train.Length} pairs for training and {split.HeldOut.Length} held out are too few for batches of {batch}");
        string[][] Words(IEnumerable<string> side) => [.. side.Select(Tutorials.Words.Split)];
        string[][] sources = Words(split.Train.Select(p => p.Source)), targets = Words(split.Train.Select(p => p.Target));
        var (from, to) = (Vocabulary.OfWords(sources, minimumCount), Vocabulary.OfWords(targets, minimumCount));
        int[][] sourceIds = [.. sources.Select(from.Encode)], targetIds = [.. targets.Select(to.Encode)];

        var model = Make(kind, from.Count, to.Count, hidden);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"model: {kind}, {model.ParameterCount:N0} parameters; {split.Train.Length:N0} pairs for training, {split.HeldOut.Length:N0} "
                + $"held out (no source sentence on both sides); {from.Count:N0} and {to.Count:N0} words"));
        var schedule = Schedule.WarmupCosine(rate, rate / 50, Math.Min(400, steps / 10), steps);
        var trainer = new Trainer(model, new Adam(model.Parameters(), rate), schedule, clip: 1) { Settings = run.Settings };
        if (run.Resume) trainer.Load(run.Checkpoint);
        trainer.Run(steps, step =>
        {
            int[] rows = [.. Enumerable.Range(0, batch)
                .Select(i => CounterHash.Below(sourceIds.Length, run.Seed, batchStream, (ulong)step * (ulong)batch + (ulong)i))];
            return Sequences.Loss(model, [.. rows.Select(r => sourceIds[r])], [.. rows.Select(r => targetIds[r])]);
        }, every: steps, evaluate: null, run.Checkpoint, stop);

        return Score(run, model, kind, trainer, split.HeldOut, from, to, longest, stop);
    }

    static Translator Make(string kind, int from, int to, int hidden) => kind switch
    {
        "transformer" => new TransformerSeq2Seq(from, to, hidden, heads: 4, inner: 4 * hidden, layers: 2),
        _ => new Seq2Seq(from, to, embedding: hidden / 2, hidden, attention: kind == "plain" ? null : hidden / 2, dropout: 0.2),
    };

    static int Score(RunSettings run, Translator model, string kind, Trainer trainer, SentencePair[] pairs, Vocabulary from,
        Vocabulary to, int longest, CancellationToken stop)
    {
        // one candidate a source sentence, all its translations as references
        var tests = pairs.GroupBy(p => string.Join(' ', Words.Split(p.Source))).Take(testCount)
            .Select(g => (Source: Words.Split(g.First().Source),
                References: (string[][])[.. g.Select(p => Words.Split(p.Target))])).ToArray();
        var written = new List<Translation>();
        double loss = 0;
        int tokens = 0;
        model.Eval();
        foreach (var part in tests.Chunk(100))
        {
            Stop.BetweenBatches(stop);
            using var none = Reverse.NoGrad();
            using var scope = Scope.Begin();
            int[][] sources = [.. part.Select(t => from.Encode(t.Source))], targets = [.. part.Select(t => to.Encode(t.References[0]))];
            int count = targets.Sum(t => t.Length + 1);
            loss += Sequences.Loss(model, sources, targets).Item() * count;
            tokens += count;
            written.AddRange(Sequences.Translate(model, sources, longest + 5));
        }

        string[][] sentences = [.. written.Select(w => to.Decode(w.Symbols))];
        var bleu = Metrics.Bleu(sentences, [.. tests.Select(t => t.References)]);
        var page = new Page($"Translation: {kind}")
            .Figure(new LineChart("Training loss", trainer.Curve("cross entropy")) { XLabel = "step", YLabel = "loss", Smoothing = 0.97 })
            .Section("Held-out sentences");
        for (int i = 0; i < Math.Min(shown, tests.Length); i++)
        {
            var (source, references) = tests[i];
            Console.WriteLine($"  {string.Join(' ', source)}  →  {string.Join(' ', sentences[i])}   (e.g. "
                + $"{string.Join(' ', references[0])})");
            Sequences.Show(page, source, written[i], to, separator: " ");
        }
        string path = run.File($"{kind}.html");
        page.Save(path);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{kind}: BLEU {100 * bleu.Score:0.0}, loss {loss / tokens:0.000} a word on {tests.Length:N0} held-out sentences; page "
                + $"{path}"));
        return 0;
    }
}
