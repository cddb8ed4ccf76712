using System.CommandLine;

namespace NanoAttention.Tutorials;

/// <summary><c>train translate</c>: sequence-to-sequence models on sentence pairs.</summary>
static class TranslateCommand
{
    static readonly string[] kinds = ["attention", "plain", "transformer"];

    public static Command Create()
    {
        var command = new Command("translate", "Trains a translation model on sentence pairs.");
        var data = command.Existing<FileInfo>("--data", "Sentence pairs: lines of source, tab, target (.tsv or .tsv.gz).");
        var options = new RunOptions(command, "translate");
        var model = new Option<string>("--model")
        {
            Description = "attention: LSTMs with additive attention; plain: the same without attention; transformer.",
            DefaultValueFactory = _ => kinds[0],
        };
        model.AcceptOnlyFromAmong(kinds);
        command.Options.Add(model);
        var steps = command.Count("--steps", 3000, "Training steps.");
        var batch = command.Count("--batch", 64, "Pairs in a step.");
        var hidden = command.Count("--hidden", 192, "Width of the LSTMs, or of the transformer.");
        var words = command.Count("--longest", 10, "Leave out pairs with a side of more words.");
        var pairs = command.Count("--pairs", 40_000, "Use at most so many pairs, drawn by the seed.");
        var rate = command.Real("--rate", 2e-3, "Learning rate after the warm-up.");
        command.SetAction(parsed => Stop.OnCtrlC(stop =>
        {
            string file = parsed.GetValue(data)!.FullName;
            string kind = !options.Resumes(parsed) || RunOptions.Given(parsed, model) ? parsed.GetValue(model)!
                : Trained(options.Folder(parsed).FullName);
            var run = options.Begin(parsed, Checkpoint(kind), [file]);
            return TranslateJob.Run(
                run, file, kind, run.Get(steps), run.Get(batch), run.Get(hidden), run.Get(words), run.Get(pairs), run.Get(rate), stop);
        }));
        return command;
    }

    static string Checkpoint(string kind) => $"{kind}.safetensors";

    // The model whose checkpoint is in the folder; the default where there is none.
    static string Trained(string folder)
    {
        string[] there = [.. kinds.Where(kind => File.Exists(Path.Combine(folder, Checkpoint(kind))))];
        if (there.Length > 1)
            throw new ArgumentException($"--resume: {folder} has models {string.Join(" and ", there)}; --model chooses one");
        return there.FirstOrDefault(kinds[0]);
    }
}
