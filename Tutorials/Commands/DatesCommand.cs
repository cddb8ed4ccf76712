using System.CommandLine;

namespace NanoAttention.Tutorials;

/// <summary>The main job: gradient checks of the layers, training, a thousand unseen dates, and a page of attention maps.</summary>
static class DatesCommand
{
    public static void AddTo(RootCommand root)
    {
        var options = new RunOptions(root, "dates");
        var steps = root.Count("--steps", 1500, "Training steps.");
        var batch = root.Count("--batch", 64, "Dates in a step.");
        var hidden = root.Count("--hidden", 96, "Width of the LSTMs.");
        root.SetAction(parsed => Stop.OnCtrlC(stop =>
        {
            var run = options.Begin(parsed, "dates.safetensors", files: []);
            return DatesJob.Run(run, run.Get(steps), run.Get(batch), run.Get(hidden), stop);
        }));
    }
}
