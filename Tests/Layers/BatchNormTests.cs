using Xunit;

namespace NanoAttention.Tests;

public sealed class BatchNormTests
{
    [Fact]
    public void Its_tensors_have_PyTorchs_names() =>
        Assert.Equal(["weight", "bias", "running_mean", "running_var", "num_batches_tracked"], new BatchNorm2d(3).StateDict().Keys);

    [Fact]
    public void Running_statistics_are_no_parameters_and_outlive_the_scope_they_were_moved_in()
    {
        var norm = new BatchNorm1d(2, momentum: 0.5);
        Assert.Equal(2, norm.Parameters().Count());
        using (Scope.Begin()) norm.Forward(Tensor.Of([1, 10, 3, 30], [2, 2]));
        Assert.Equal([1, 10], norm.RunningMean!.ToDoubles());
        Assert.Equal([1.5, 100.5], norm.RunningVar!.ToDoubles());       // variances 2 and 200
        Assert.Equal(1, norm.NumBatchesTracked!.Item());
    }

    [Fact]
    public void Without_a_momentum_every_batch_counts_the_same()
    {
        var norm = new BatchNorm1d(1, momentum: null);
        foreach (double mean in new double[] { 1, 2, 6 }) norm.Forward(Tensor.Of([mean - 1, mean + 1], [2, 1]));
        Assert.Equal(3, norm.RunningMean!.Item(), 1e-6);
        Assert.Equal(2, norm.RunningVar!.Item(), 1e-6);
    }

    [Fact]
    public void Evaluation_takes_what_training_has_seen_and_leaves_it()
    {
        var norm = new BatchNorm1d(1, epsilon: 0, momentum: 1);
        norm.Forward(Tensor.Of([4, 6, 8], [3, 1]));
        norm.Eval();
        Assert.Equal([-3, 2], norm.Forward(Tensor.Of([0, 10], [2, 1])).ToDoubles());
        Assert.Equal(6, norm.RunningMean!.Item());
    }

    [Fact]
    public void One_number_for_each_channel_cannot_be_normalised() =>
        Assert.Contains("(1, 3) has one number for each channel", Assert.Throws<ArgumentException>(() =>
            new BatchNorm1d(3).Forward(Tensor.Ones([1, 3]))).Message);

    [Fact]
    public void Instances_move_running_statistics_by_the_means_of_theirs()
    {
        var norm = new InstanceNorm1d(1, momentum: 1, track: true);
        norm.Forward(Tensor.Of([1, 3, 4, 10], [2, 1, 2]));              // means 2 and 7, variances 2 and 18
        Assert.Equal(4.5, norm.RunningMean!.Item());
        Assert.Equal(10, norm.RunningVar!.Item());
    }
}
