using System.CommandLine;

namespace NanoAttention.Tutorials;

/// <summary><c>train translate</c>: sequence-to-sequence models on sentence pairs.</summary>
static class TranslateCommand
{
    public static Command Create()
    {
        var command = new Command("translate", "Trains a translation model on sentence pairs.");
        var data = command.Existing("--data", "Sentence pairs: lines of source, tab, target (.tsv or .tsv.gz).");
        var run = new RunOptions(command, "translate");
        var model = new Option<string>("--model") { Description = "attention: LSTMs with additive attention; plain: the same without attention; transformer.", DefaultValueFactory = _ => "attention" };
        model.AcceptOnlyFromAmong("attention", "plain", "transformer");
        command.Options.Add(model);
        var steps = command.Count("--steps", 3000, "Training steps.");
        var batch = command.Count("--batch", 64, "Pairs in a step.");
        var hidden = command.Count("--hidden", 192, "Width of the LSTMs, or of the transformer.");
        var words = command.Count("--longest", 10, "Leave out pairs with a side of more words.");
        var pairs = command.Count("--pairs", 40_000, "Use at most so many pairs, drawn by the seed.");
        var rate = command.Real("--rate", 2e-3, "Learning rate after the warm-up.");
        command.SetAction(parsed => Stop.OnCtrlC(stop => TranslateJob.Run(run.Apply(parsed), parsed.GetValue(data)!.FullName, parsed.GetValue(model)!,
            parsed.GetValue(steps), parsed.GetValue(batch), parsed.GetValue(hidden), parsed.GetValue(words), parsed.GetValue(pairs), parsed.GetValue(rate), stop)));
        return command;
    }
}
