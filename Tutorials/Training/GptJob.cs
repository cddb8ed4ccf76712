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
        if (text.Train.Length <= s.Block || text.Validation.Length < 2)
            throw new InvalidDataException($"{s.Data}: {text.Train.Length:N0} characters for training and {text.Validation.Length:N0} for validation are too few for blocks of {s.Block}");
        var model = new Gpt(new(text.Vocabulary.Count, s.Block, s.Layers, s.Heads, s.Width, s.Dropout, s.Bias));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"model: {model.ParameterCount:N0} parameters; {text.Train.Length:N0} characters for training, {text.Validation.Length:N0} for validation, {text.Vocabulary.Count} different ones"));

        var optimizer = new AdamW(model.DecayGroups(s.Decay), s.Rate, s.Beta1, s.Beta2);
        var trainer = new Trainer(model, optimizer, Schedule.WarmupCosine(s.Rate, s.LowestRate, s.Warmup, s.Iterations), s.Clip);
        string last = run.File("last.safetensors"), best = run.File("best.safetensors");
        if (run.Resume) trainer.Load(last);

        int[] inputs = new int[s.Batch * s.Block], targets = new int[s.Batch * s.Block];
        trainer.Run(s.Iterations, step =>
        {
            ulong draw = (ulong)step * (ulong)s.Batch;
            Characters.RandomBatch(text.Train.Span, s.Block, bound => CounterHash.Below(bound, run.Seed, batchStream, draw++), inputs, targets);
            return model.Loss(Tensor.From(inputs, [s.Batch, s.Block]), Tensor.From(targets, [s.Batch, s.Block]));
        }, s.EvaluateEvery, () =>
        {
            double loss = ValidationLoss(model, text, s.Block, stop);
            if (trainer.Evaluations.All(e => e.Value > loss)) trainer.Save(best);
            Spectre.Console.AnsiConsole.WriteLine(string.Create(CultureInfo.InvariantCulture, $"step {trainer.Step,6:N0}  training loss {trainer.RecentLoss(s.EvaluateEvery):0.0000}  validation loss {loss:0.0000}"));
            return loss;
        }, last, stop);

        new Checkpoint(model).Load(best);
        double final = ValidationLoss(model, text, s.Block, stop);
        if (s.Sample > 0) Console.WriteLine(Write(model, text.Vocabulary, s));
        Draw(trainer, s).Save(run.File("gpt.html"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"validation loss {final:0.0000}"));
        return 0;
    }

    // The mean over every character of the validation text but the first, seen in blocks.
    static double ValidationLoss(Gpt model, Characters text, int block, CancellationToken stop)
    {
        model.Eval();
        using var none = Reverse.NoGrad();
        double sum = 0;
        int count = 0;
        foreach (var rows in Characters.Blocks(text.Validation, block).GroupBy(b => b.Inputs.Length).SelectMany(same => same.Chunk(evaluationRows)))
        {
            stop.ThrowIfCancellationRequested();
            using var scope = Scope.Begin();
            Shape shape = [rows.Length, rows[0].Inputs.Length];
            int[] inputs = [.. rows.SelectMany(r => r.Inputs.ToArray())], targets = [.. rows.SelectMany(r => r.Targets.ToArray())];
            sum += model.Forward(Tensor.From(inputs, shape)).CrossEntropyEach(Tensor.From(targets, shape)).Sum().Item();
            count += targets.Length;
        }
        model.Train();
        return sum / count;
    }

    static string Write(Gpt model, Vocabulary characters, GptSettings s)
    {
        model.Eval();
        int start = characters.Tokens.ToList().IndexOf("\n");
        int[] written = model.Generate([Math.Max(0, start)], s.Sample, s.Temperature, s.TopK);
        return string.Concat(characters.Decode(written));
    }

    static Page Draw(Trainer trainer, GptSettings s) => new Page("A character-level GPT")
        .Paragraph($"{s.Layers} layers, {s.Heads} heads, {s.Width} wide, blocks of {s.Block}; trained on {Path.GetFileName(s.Data)}.")
        .Figure(new LineChart("Loss",
            trainer.Curve("training"),
            new Series("validation", [.. trainer.Evaluations.Select(e => (double)e.Step)], [.. trainer.Evaluations.Select(e => e.Value)]))
        { XLabel = "step", YLabel = "cross entropy a character (nats)", Smoothing = 0.95 });
}
