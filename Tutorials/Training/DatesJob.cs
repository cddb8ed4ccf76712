using System.Globalization;
using System.Runtime.InteropServices;

namespace NanoAttention.Tutorials;

/// <summary>
/// The main job: an LSTM encoder–decoder with additive attention (Bahdanau et al. 2015) learns to write dates in ISO form,
/// one character at a time, and shows which characters of the source it looks at.
/// </summary>
static class DatesJob
{
    const int testCount = 1000, shown = 12;
    const double rate = 2e-3;

    public static int Run(RunSettings run, int steps, int batch, int hidden, CancellationToken stop)
    {
        if (!GradCheckCommand.Check(["Embedding", "Linear", "LstmCell", "Lstm", "AdditiveAttention", "CrossEntropy", "Seq2Seq"], stop)) return 1;

        var dates = new Dates(run.Seed);
        var letters = Dates.Vocabulary;
        var model = new Seq2Seq(letters.Count, letters.Count, embedding: 32, hidden, attention: hidden / 2);
        Console.WriteLine($"model: {model.ParameterCount:N0} parameters; {DateStyles.All.Count} ways to write a date, {letters.Count} characters");
        var trainer = new Trainer(model, new Adam(model.Parameters(), rate), Schedule.WarmupCosine(rate, rate / 50, warmup: 50, steps), clip: 1);
        string checkpoint = run.File("dates.safetensors");
        if (run.Resume) trainer.Load(checkpoint);
        trainer.Run(steps, step =>
        {
            var pairs = new DatePair[batch];
            for (int i = 0; i < batch; i++) pairs[i] = dates.Train((long)step * batch + i);
            return Sequences.Loss(model, [.. pairs.Select(p => letters.Encode(p.Source))], [.. pairs.Select(p => letters.Encode(p.Target))]);
        }, every: steps, evaluate: null, checkpoint, stop);

        var (right, examples) = Test(model, dates, stop);
        foreach (var (pair, written, _) in examples.Take(shown))
            Console.WriteLine($"  {(written == pair.Target ? "✓" : "✗")} {pair.Source,-30} → {written}{(written == pair.Target ? "" : $"  (is {pair.Target})")}");
        string page = run.File("dates.html");
        Draw(trainer, examples, right).Save(page);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"exact match {100.0 * right / testCount:0.0}% of {testCount:N0} unseen dates; page {page}"));
        return 0;
    }

    // How many of the test dates come out right, and an example of every style.
    static (int Right, List<(DatePair Pair, string Written, float[,] Attention)> Examples) Test(Seq2Seq model, Dates dates, CancellationToken stop)
    {
        var letters = Dates.Vocabulary;
        int right = 0;
        var examples = new List<(DatePair, string, float[,])>();
        var styles = new HashSet<DateStyle>();
        foreach (var pairs in dates.Test(testCount).Chunk(100))
        {
            stop.ThrowIfCancellationRequested();
            var read = Sequences.Translate(model, [.. pairs.Select(p => letters.Encode(p.Source))], Dates.TargetLength + 1);
            foreach (var (pair, translation) in pairs.Zip(read))
            {
                string written = string.Concat(letters.Decode(translation.Symbols));
                if (written == pair.Target) right++;
                if (styles.Add(pair.Style)) examples.Add((pair, written, translation.Attention!));
            }
        }
        return (right, examples);
    }

    static Page Draw(Trainer trainer, List<(DatePair Pair, string Written, float[,] Attention)> examples, int right)
    {
        var page = new Page("Reading dates with attention")
            .Paragraph(string.Create(CultureInfo.InvariantCulture, $"An LSTM encoder–decoder with additive attention, trained for {trainer.Step:N0} steps, writes {100.0 * right / testCount:0.0}% of {testCount:N0} unseen dates exactly right."))
            .Paragraph("Each row of a map is a character that the model wrote; its colours say how much it attended to each character of the source while writing it. Point at a character to see its row.")
            .Section("Training")
            .Figure(new LineChart("Training loss", trainer.Curve("cross entropy")) { XLabel = "step", YLabel = "loss", LogY = true, Smoothing = 0.95 });
        page.Section("Attention");
        foreach (var (pair, written, attention) in examples)
        {
            string[] source = [.. Vocabulary.Characters(pair.Source)], output = [.. Vocabulary.Characters(written)];
            page.Attention($"{pair.Source} → {written}", source, output, MemoryMarshal.CreateReadOnlySpan(ref attention[0, 0], attention.Length));
        }
        return page;
    }
}
