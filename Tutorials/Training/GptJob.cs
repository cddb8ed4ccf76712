using System.Globalization;

namespace NanoAttention.Tutorials;

/// <summary>The settings of <c>train gpt</c>; what each means stands in <see cref="GptCommand"/>.</summary>
public sealed record GptSettings
{
    public required string Data { get; init; }
    public required int Layers { get; init; }
    public required int Heads { get; init; }
    public required int Width { get; init; }
    public required int Block { get; init; }
    public required int Batch { get; init; }
    public required int Iterations { get; init; }
    public required double Rate { get; init; }
    public required double LowestRate { get; init; }
    public required int Warmup { get; init; }
    public required double Beta1 { get; init; }
    public required double Beta2 { get; init; }
    public required double Decay { get; init; }
    public required double Clip { get; init; }
    public required double Dropout { get; init; }
    public required bool Bias { get; init; }
    public required int EvaluateEvery { get; init; }
    public required int Sample { get; init; }
    public required double Temperature { get; init; }
    public required int TopK { get; init; }
}

/// <summary>Trains a GPT (Radford et al. 2019, as nanoGPT has it) to predict the next character.</summary>
static class GptJob
{
    const ulong batchStream = 11;
    const int evaluationRows = 32;

    public static int Run(RunSettings run, GptSettings s, CancellationToken stop)
    {
        var text = Characters.Load(s.Data);
        string size = string.Create(CultureInfo.InvariantCulture,
            $"{text.Train.Length:N0} characters for training, {text.Validation.Length:N0} for validation");
        if (text.Train.Length <= s.Block || text.Validation.Length < 2)
            throw new InvalidDataException($"{s.Data}: {size} are too few for blocks of {s.Block}");
        if ((long)s.Batch * s.Block > Array.MaxLength)
            throw new ArgumentException($"--batch: {s.Batch} blocks of {s.Block} are more characters than an array can hold");
        if (s.Width % s.Heads != 0) throw new ArgumentException($"--width: {s.Width} does not divide into {s.Heads} --heads");
        Block[] training = [.. Characters.Blocks(text.Train, s.Block)], validation = [.. Characters.Blocks(text.Validation, s.Block)];
        training = Spread(training, validation.Length);

        var model = new Gpt(new(text.Vocabulary.Count, s.Block, s.Layers, s.Heads, s.Width, s.Dropout, s.Bias));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"model: {model.ParameterCount:N0} parameters; {size}, {text.Vocabulary.Count} different ones"));

        var optimizer = new AdamW(model.DecayGroups(s.Decay), s.Rate, s.Beta1, s.Beta2);
        var schedule = Schedule.WarmupCosine(s.Rate, s.LowestRate, s.Warmup, s.Iterations);
        var trainer = new Trainer(model, optimizer, schedule, s.Clip) { Settings = run.Settings };
        string best = run.File("best.safetensors");
        if (run.Resume) trainer.Load(run.Checkpoint);

        int[] inputs = new int[s.Batch * s.Block], targets = new int[s.Batch * s.Block];
        trainer.Run(s.Iterations, step =>
        {
            ulong draw = (ulong)step * (ulong)s.Batch;
            Characters.RandomBatch(text.Train.Span, s.Block, bound => CounterHash.Below(bound, run.Seed, batchStream, draw++), inputs,
                targets);
            return model.Loss(Tensor.From(inputs, [s.Batch, s.Block]), Tensor.From(targets, [s.Batch, s.Block]));
        }, s.EvaluateEvery, () =>
        {
            double seen = MeanLoss(model, training, stop), unseen = MeanLoss(model, validation, stop);
            if (trainer.Evaluations.All(e => e.Value > unseen)) trainer.Save(best);
            Spectre.Console.AnsiConsole.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"step {trainer.Step,6:N0}  training loss {seen:0.0000}  validation loss {unseen:0.0000}"));
            return new(trainer.Step, unseen, seen);
        }, run.Checkpoint, stop);

        new Checkpoint(model).Load(best);
        double final = MeanLoss(model, validation, stop);
        string sample = Write(model, text.Vocabulary, s, stop);
        if (sample.Length > 0) Console.WriteLine(sample);
        string page = run.File("gpt.html");
        Draw(trainer, s, sample).Save(page);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"validation loss {final:0.0000}; page {page}"));
        return 0;
    }

    // At most so many of the blocks, evenly spread over the text: always the same ones.
    static Block[] Spread(Block[] blocks, int count)
    {
        count = Math.Min(count, blocks.Length);
        return [.. Enumerable.Range(0, count).Select(i => blocks[(long)i * blocks.Length / count])];
    }

    // The mean over every target of the blocks; of a whole text these are its characters but the first.
    static double MeanLoss(Gpt model, Block[] blocks, CancellationToken stop)
    {
        model.Eval();
        using var none = Reverse.NoGrad();
        double sum = 0;
        int count = 0;
        foreach (var rows in blocks.GroupBy(b => b.Inputs.Length).SelectMany(same => same.Chunk(evaluationRows)))
        {
            Stop.BetweenBatches(stop);
            using var scope = Scope.Begin();
            Shape shape = [rows.Length, rows[0].Inputs.Length];
            int[] inputs = [.. rows.SelectMany(r => r.Inputs.ToArray())], targets = [.. rows.SelectMany(r => r.Targets.ToArray())];
            sum += model.Forward(Tensor.From(inputs, shape)).CrossEntropyEach(Tensor.From(targets, shape)).Sum().Item();
            count += targets.Length;
        }
        model.Train();
        return sum / count;
    }

    static string Write(Gpt model, Vocabulary characters, GptSettings s, CancellationToken stop)
    {
        model.Eval();
        List<int> ids = [Math.Max(0, characters.Tokens.ToList().IndexOf("\n"))];
        while (ids.Count <= s.Sample)
        {
            Stop.BetweenBatches(stop);
            ids.AddRange(model.Generate(ids[^Math.Min(ids.Count, s.Block)..], 1, s.Temperature, s.TopK));
        }
        return string.Concat(characters.Decode([.. ids.Skip(1)]));
    }

    static Page Draw(Trainer trainer, GptSettings s, string sample)
    {
        double[] steps = [.. trainer.Evaluations.Select(e => (double)e.Step)];
        var seen = new Series("training text", steps, [.. trainer.Evaluations.Select(e => e.Training ?? double.NaN)]) { Exact = true };
        var unseen = new Series("validation text", steps, [.. trainer.Evaluations.Select(e => e.Value)]) { Exact = true };
        var page = new Page("A character-level GPT")
            .Paragraph($"{s.Layers} layers, {s.Heads} heads, {s.Width} wide, blocks of {s.Block}; trained on {Path.GetFileName(s.Data)}.")
            .Figure(new LineChart("Loss", trainer.Curve("batches"), seen, unseen)
            {
                XLabel = "step",
                YLabel = "cross entropy a character (nats)",
                Smoothing = 0.95,
            })
            .Paragraph("The batches' loss is that of each step, before it. The other two are means without dropout, of the whole "
                + "validation text, and of a part of the training text of the same size, the same blocks every time.");
        return sample.Length == 0 ? page : page.Section("What the model writes").Preformatted(sample);
    }
}
