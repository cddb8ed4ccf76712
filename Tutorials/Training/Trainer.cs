using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Spectre.Console;

namespace NanoAttention.Tutorials;

/// <summary>What was found on held-out data after a step, and the same on training data where that is looked at.</summary>
readonly record struct Evaluation(int Step, double Value, double? Training = null);

/// <summary>
/// The loop that every training program shares: step by step in a <see cref="Scope"/>, with a progress bar (loss, speed, time left),
/// evaluations in between, checkpoints that resume bit for bit, and a way to stop.
/// </summary>
/// <param name="model">What is trained.</param>
/// <param name="optimizer">How.</param>
/// <param name="rate">The learning rate of each step.</param>
/// <param name="clip">The largest norm of all gradients together; 0 for any.</param>
sealed class Trainer(Module model, Optimizer optimizer, Func<int, double> rate, double clip)
{
    readonly Tensor[] parameters = [.. model.Parameters()];
    readonly Checkpoint checkpoint = new(model, optimizer);

    /// <summary>Where a checkpoint's <see cref="Checkpoint.Info"/> has the <see cref="Settings"/>.</summary>
    public const string SettingsKey = "settings";

    /// <summary>What the checkpoints say of how the run was begun.</summary>
    public JsonObject Settings { get; init; } = [];

    /// <summary>The steps done so far.</summary>
    public int Step => Losses.Count;

    /// <summary>The training loss of every step so far.</summary>
    public List<double> Losses { get; } = [];

    /// <summary>The evaluations so far.</summary>
    public List<Evaluation> Evaluations { get; } = [];

    /// <summary>The mean training loss of the last <paramref name="count"/> steps.</summary>
    public double RecentLoss(int count) => Losses.Count == 0 ? double.NaN : Losses.TakeLast(count).Average();

    /// <summary>The loss of every step as the curve of a chart.</summary>
    public Series Curve(string name) => new(name, [.. Enumerable.Range(1, Step).Select(step => (double)step)], Losses);

    /// <summary>
    /// Trains up to step <paramref name="steps"/>. Stopped or not, the state is saved to <paramref name="path"/> at the end.
    /// </summary>
    /// <param name="loss">The loss of a step's batch. Batches depend on the step alone, so that a resumed run sees the same ones.</param>
    /// <param name="evaluate">Called after every <paramref name="every"/> steps and after the last; what it finds is remembered.</param>
    /// <exception cref="OperationCanceledException">Stopped; the state was saved.</exception>
    public void Run(int steps, Func<int, Tensor> loss, int every, Func<Evaluation>? evaluate, string path, CancellationToken stop)
    {
        int first = Step;
        if (Step >= steps) Console.WriteLine($"all {steps} steps were done: nothing is left to train");
        var clock = Stopwatch.StartNew();
        var description = new TaskDescriptionColumn { Alignment = Justify.Left };
        AnsiConsole.Progress().Columns(description, new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
            .Start(context =>
        {
            var bar = context.AddTask("training", maxValue: steps);
            bar.Value = Step;
            Evaluate();                 // where a stop came between a step and its evaluation
            while (Step < steps && !stop.IsCancellationRequested)
            {
                double now = One(loss);
                if (!double.IsFinite(now))
                    throw new ArgumentException(
                        $"the loss of step {Step + 1} is {now}: the training has diverged (a smaller rate may help)");
                Losses.Add(now);
                bar.Value = Step;
                double speed = (Step - first) / clock.Elapsed.TotalSeconds;
                bar.Description = string.Create(CultureInfo.InvariantCulture, $"loss {RecentLoss(50):0.0000}  {speed:0.0} steps/s");
                Evaluate();
            }
        });
        Save(path);
        if (!stop.IsCancellationRequested) return;
        throw new OperationCanceledException($"stopped after step {Step}; saved to {path} (go on with --resume)", stop);

        void Evaluate()
        {
            if (evaluate is null || Step == 0 || Step % every != 0 && Step != steps || Evaluations.Any(e => e.Step == Step)) return;
            try
            {
                Evaluations.Add(evaluate());
                Save(path);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested) { }      // the next run makes up for it
        }
    }

    double One(Func<int, Tensor> loss)
    {
        using var scope = Scope.Begin();
        optimizer.ZeroGrad();
        var value = loss(Step);
        value.Backward();
        if (clip > 0) GradientClipping.Norm(parameters, clip);
        optimizer.Rate = rate(Step);
        optimizer.Step();
        return value.Item();
    }

    /// <summary>Writes the model, the optimiser, the random state, the step and the history, atomically.</summary>
    public void Save(string path)
    {
        checkpoint.Step = Step;
        checkpoint.Info[SettingsKey] = Settings.DeepClone();
        checkpoint.Info["losses"] = new JsonArray([.. Losses.Select(v => JsonValue.Create(v))]);
        checkpoint.Info["evaluations"] = new JsonArray([.. Evaluations.Select(e => new JsonArray(e.Step, e.Value, e.Training))]);
        checkpoint.Save(path);
    }

    /// <summary>Goes back to what <see cref="Save"/> wrote.</summary>
    public void Load(string path)
    {
        checkpoint.Load(path);
        Losses.Clear();
        Losses.AddRange(checkpoint.Info["losses"]!.AsArray().Select(v => v!.GetValue<double>()));
        Evaluations.Clear();
        Evaluations.AddRange(checkpoint.Info["evaluations"]!.AsArray()
            .Select(e => new Evaluation(e![0]!.GetValue<int>(), e[1]!.GetValue<double>(), e[2]?.GetValue<double>())));
        Console.WriteLine($"resumed after step {Step} from {path}");
    }
}
