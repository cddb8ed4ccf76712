using System.CommandLine;

namespace NanoAttention.Tutorials;

/// <summary>
/// <c>train gpt</c>: a character-level GPT. The defaults are nanoGPT's published setting for a CPU (A. Karpathy, nanoGPT, README, "I only
/// have a macbook").
/// </summary>
static class GptCommand
{
    public static Command Create()
    {
        var command = new Command("gpt", "Trains a character-level GPT on a text file, then lets it write.");
        var data = command.Existing<FileInfo>("--data", "The text, UTF-8. The first 90% is for training, the rest for validation.");
        var options = new RunOptions(command, "gpt");
        var layers = command.Count("--layers", 4, "Transformer blocks.");
        var heads = command.Count("--heads", 4, "Attention heads in a block.");
        var width = command.Count("--width", 128, "Size of the vector at each position.");
        var block = command.Count("--block", 64, "Characters the model sees at once.");
        var batch = command.Count("--batch", 12, "Blocks in a step.");
        var iterations = command.Count("--iterations", 2000, "Training steps; the learning rate falls until the last.");
        var rate = command.Real("--rate", 1e-3, "Learning rate after the warm-up.");
        var lowest = command.Real("--lowest-rate", 1e-4, "Learning rate at the end of the cosine.");
        var warmup = command.Count("--warmup", 100, "Steps over which the rate rises from 0.", least: 0);
        var beta1 = command.Real("--beta1", 0.9, "AdamW's β₁.", bound: 1);
        var beta2 = command.Real("--beta2", 0.99, "AdamW's β₂.", bound: 1);
        var decay = command.Real("--decay", 0.1, "Weight decay of the matrices.");
        var clip = command.Real("--clip", 1, "Largest norm of all gradients together; 0 for any.");
        var dropout = command.Real("--dropout", 0, "Probability to drop.", bound: 1);
        var bias = new Option<bool>("--bias") { Description = "Biases in linear layers and layer norms." };
        command.Options.Add(bias);
        var every = command.Count("--evaluate-every", 250,
            "Steps between evaluations: of the whole validation text, and of as much of the training text.");
        var sample = command.Count("--sample", 500, "Characters to write at the end.", least: 0);
        var temperature = command.Real("--temperature", 0.8, "Above 1 writes wilder, below 1 tamer.", 1e-6);
        var topK = command.Count("--top-k", 200, "Choose among the so many likeliest characters.");
        command.SetAction(parsed => Stop.OnCtrlC(stop =>
        {
            string file = parsed.GetValue(data)!.FullName;
            var run = options.Begin(parsed, "last.safetensors", [file], sample, temperature, topK);
            return GptJob.Run(run, new()
            {
                Data = file,
                Layers = run.Get(layers),
                Heads = run.Get(heads),
                Width = run.Get(width),
                Block = run.Get(block),
                Batch = run.Get(batch),
                Iterations = run.Get(iterations),
                Rate = run.Get(rate),
                LowestRate = run.Get(lowest),
                Warmup = run.Get(warmup),
                Beta1 = run.Get(beta1),
                Beta2 = run.Get(beta2),
                Decay = run.Get(decay),
                Clip = run.Get(clip),
                Dropout = run.Get(dropout),
                Bias = run.Get(bias),
                EvaluateEvery = run.Get(every),
                Sample = run.Get(sample),
                Temperature = run.Get(temperature),
                TopK = run.Get(topK),
            }, stop);
        }));
        return command;
    }
}
