using System.CommandLine;

namespace NanoAttention.Tutorials;

/// <summary><c>train mnist</c>: an attention classifier of images.</summary>
static class MnistCommand
{
    public static Command Create()
    {
        var command = new Command("mnist", "Trains a small vision transformer on images in IDX files (MNIST, Fashion-MNIST, KMNIST).");
        var data = command.Existing<DirectoryInfo>("--data", "The folder with the four IDX files, plain or .gz.");
        var options = new RunOptions(command, "mnist");
        var epochs = command.Count("--epochs", 4, "Passes over the training images.");
        var batch = command.Count("--batch", 64, "Images in a step.");
        var width = command.Count("--width", 64, "Size of the vector of each patch.");
        var layers = command.Count("--layers", 2, "Transformer blocks.");
        var heads = command.Count("--heads", 4, "Attention heads in a block.");
        var rate = command.Real("--rate", 2e-3, "Learning rate after the warm-up.");
        command.SetAction(parsed => Stop.OnCtrlC(stop =>
        {
            string images = parsed.GetValue(data)!.FullName;
            var run = options.Begin(parsed, "last.safetensors", Mnist.Files(images));
            return MnistJob.Run(
                run, images, run.Get(epochs), run.Get(batch), run.Get(width), run.Get(layers), run.Get(heads), run.Get(rate), stop);
        }));
        return command;
    }
}
