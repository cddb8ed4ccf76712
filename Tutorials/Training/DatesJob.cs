using System.Globalization;

namespace NanoAttention.Tutorials;

/// <summary>
/// The main job: an LSTM encoder–decoder with additive attention (Bahdanau et al. 2015) learns to write dates in ISO form,
/// one character at a time, and shows which characters of the source it looks at.
/// </summary>
static class DatesJob
{
    const int testCount = 1000, shown = 12;
    const double rate = 2e-3;
    static readonly string[] parts = ["Linear", "Embedding", "LstmCell", "Lstm", "AdditiveAttention", "CrossEntropy", "Seq2Seq"];

    public static int Run(RunSettings run, int steps, int batch, int hidden, CancellationToken stop)
    {
        if (!GradCheckCommand.Check(parts, stop)) return 1;

        var dates = new Dates(run.Seed);
        var letters = Dates.Vocabulary;
        var model = new Seq2Seq(letters.Count, letters.Count, embedding: 32, hidden, attention: hidden / 2);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"model: {model.ParameterCount:N0} parameters; {DateStyles.All.Count} ways to write a date, {letters.Count} characters"));
        var schedule = Schedule.WarmupCosine(rate, rate / 50, warmup: 50, steps);
        var trainer = new Trainer(model, new Adam(model.Parameters(), rate), schedule, clip: 1) { Settings = run.Settings };
        if (run.Resume) trainer.Load(run.Checkpoint);
        trainer.Run(steps, step =>
        {
            var pairs = new DatePair[batch];
            for (int i = 0; i < batch; i++) pairs[i] = dates.Train((long)step * batch + i);
            return Sequences.Loss(model, [.. pairs.Select(p => letters.Encode(p.Source))],
                [.. pairs.Select(p => letters.Encode(p.Target))]);
        }, every: steps, evaluate: null, run.Checkpoint, stop);

        var (right, examples) = Test(model, dates, stop);
        foreach (var (pair, translation) in examples.Take(shown))
        {
            string written = Text(translation);
            bool same = written == pair.Target;
            Console.WriteLine($"  {(same ? "✓" : "✗")} {pair.Source,-30} → {written}{(same ? "" : $"  (is {pair.Target})")}");
        }
        string page = run.File("dates.html");
        Draw(trainer, examples, right).Save(page);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"exact match {100.0 * right / testCount:0.0}% of {testCount:N0} unseen dates; page {page}"));
        return 0;
    }

    // How many of the test dates come out right, and an example of every style.
    static (int Right, List<(DatePair Pair, Translation Written)> Examples) Test(Seq2Seq model, Dates dates, CancellationToken stop)
    {
        int right = 0;
        var examples = new List<(DatePair, Translation)>();
        var styles = new HashSet<DateStyle>();
        foreach (var pairs in dates.Test(testCount).Chunk(100))
        {
            Stop.BetweenBatches(stop);
            var read = Sequences.Translate(model, [.. pairs.Select(p => Dates.Vocabulary.Encode(p.Source))], Dates.TargetLength + 1);
            foreach (var (pair, written) in pairs.Zip(read))
            {
                if (Text(written) == pair.Target) right++;
                if (styles.Add(pair.Style)) examples.Add((pair, written));
            }
        }
        return (right, examples);
    }

    static string Text(Translation written) => string.Concat(Dates.Vocabulary.Decode(written.Symbols));

    static Page Draw(Trainer trainer, List<(DatePair Pair, Translation Written)> examples, int right)
    {
        string result = string.Create(CultureInfo.InvariantCulture, $"{100.0 * right / testCount:0.0}% of {testCount:N0} unseen dates");
        var page = new Page("Reading dates with attention")
            .Paragraph(string.Create(CultureInfo.InvariantCulture,
                $"An LSTM encoder–decoder with additive attention, trained for {trainer.Step:N0} steps, writes {result} exactly right."))
            .Paragraph("Each row of a map is a character that the model wrote; its colours say how much it attended to each character "
                + "of the source while writing it. Point at a character to see its row.")
            .Section("Training")
            .Figure(new LineChart("Training loss", trainer.Curve("cross entropy"))
            {
                XLabel = "step",
                YLabel = "loss",
                LogY = true,
                Smoothing = 0.95,
            })
            .Section("Attention");
        foreach (var (pair, written) in examples)
            Sequences.Show(page, [.. Vocabulary.Characters(pair.Source)], written, Dates.Vocabulary, separator: "");
        return page;
    }
}
