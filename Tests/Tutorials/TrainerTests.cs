using NanoAttention.Tutorials;
using Xunit;

namespace NanoAttention.Tests;

/// <summary>The loop that the training programs share.</summary>
[Collection(nameof(NotebookCollection))]        // it writes to the console
public class TrainerTests
{
    const int steps = 12;

    static Trainer New(out Func<int, Tensor> loss)
    {
        Defaults.Seed = 5;
        var model = new Sequential(new Linear(3, 8), new Dropout(0.2), new Linear(8, 1));
        loss = step => Loss.MeanSquared(model.Forward(Tensor.Normal([4, 3]) + step), Tensor.Ones([4, 1]));
        return new Trainer(model, new AdamW(model.Parameters(), 1e-2), Schedule.WarmupCosine(1e-2, 1e-3, 3, steps), clip: 1);
    }

    [Fact]
    public void A_run_that_was_stopped_and_resumed_ends_in_the_same_bytes()
    {
        using var folder = new TemporaryFolder();
        string whole = Path.Combine(folder.Path, "whole.safetensors"), parts = Path.Combine(folder.Path, "parts.safetensors");
        var trainer = New(out var loss);
        trainer.Run(steps, loss, every: 4, () => new(trainer.Step, trainer.RecentLoss(4)), whole, CancellationToken.None);

        using var stop = new CancellationTokenSource();
        var first = New(out loss);
        Assert.Throws<OperationCanceledException>(() => first.Run(steps, step =>
        {
            if (step == 6) stop.Cancel();
            return loss(step);
        }, every: 4, () => new(first.Step, first.RecentLoss(4)), parts, stop.Token));
        Assert.Equal(7, first.Step);

        var second = New(out loss);
        second.Load(parts);
        second.Run(steps, loss, every: 4, () => new(second.Step, second.RecentLoss(4)), parts, CancellationToken.None);
        Assert.Equal(trainer.Losses, second.Losses);
        Assert.Equal(trainer.Evaluations, second.Evaluations);
        Assert.Equal(File.ReadAllBytes(whole), File.ReadAllBytes(parts));
    }

    [Fact]
    public void A_stop_during_an_evaluation_saves_the_step_and_makes_up_for_the_evaluation()
    {
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder.Path, "last.safetensors");
        using var stop = new CancellationTokenSource();
        var first = New(out var loss);
        Assert.Throws<OperationCanceledException>(() => first.Run(steps, loss, every: 4, () =>
        {
            stop.Cancel();
            stop.Token.ThrowIfCancellationRequested();
            return default;
        }, path, stop.Token));

        var second = New(out loss);
        second.Load(path);
        Assert.Equal(4, second.Step);
        second.Run(steps, loss, every: 4, () => new(second.Step, second.Step), path, CancellationToken.None);
        Assert.Equal([new(4, 4), new(8, 8), new(12, 12)], second.Evaluations);
    }

    [Fact]
    public void A_loss_that_is_no_number_ends_the_run_with_the_reason()
    {
        using var folder = new TemporaryFolder();
        var trainer = New(out var loss);
        var thrown = Assert.Throws<ArgumentException>(() => trainer.Run(steps, step => step == 2 ? loss(step) * double.NaN : loss(step),
            every: 4, null, Path.Combine(folder.Path, "last.safetensors"), CancellationToken.None));
        Assert.Contains("the loss of step 3 is NaN", thrown.Message);
    }

    [Fact]
    public void A_missing_checkpoint_is_named()
    {
        var trainer = New(out _);
        Assert.Contains("nowhere.safetensors", Assert.ThrowsAny<IOException>(() => trainer.Load("nowhere.safetensors")).Message);
    }
}
