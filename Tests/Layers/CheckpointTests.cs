using Xunit;

namespace NanoAttention.Tests.Layers;

public sealed class CheckpointTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    string File => Path.Combine(folder.Path, "run.safetensors");

    // A small run with all that has state: dropout, moments, shuffled data.
    sealed class Run
    {
        public Sequential Model { get; } = new(new Linear(3, 8), new Dropout(0.3), new Linear(8, 2));
        public AdamW Optimizer { get; }
        public DataOrder Order { get; } = new(10, seed: 5);
        public Checkpoint Checkpoint { get; }
        readonly Tensor data = Tensor.Of([.. Enumerable.Range(0, 30).Select(i => Math.Sin(i))], [10, 3]);

        public Run()
        {
            Optimizer = new(Model.Parameters(), 0.05);
            Checkpoint = new(Model, Optimizer, Order);
        }

        public double Step()
        {
            using var scope = Scope.Begin();
            var x = data.Gather(Tensor.From(Order.Next(4), [4]));
            Optimizer.ZeroGrad();
            var loss = Loss.MeanSquared(Model.Forward(x), x.Slice(1, 0, 2));
            loss.Backward();
            Optimizer.Step();
            Checkpoint.Step++;
            return loss.Item();
        }

        public float[] Weights => [.. Model.Parameters().SelectMany(p => p.ToArray<float>())];
    }

    [Fact]
    public void AResumedRunGoesOnBitForBit()
    {
        using var _ = Defaults.With(seed: 3);
        var run = new Run();
        for (int i = 0; i < 7; i++) run.Step();
        run.Checkpoint.Info["note"] = "half way";
        run.Checkpoint.Save(File);
        var losses = Enumerable.Range(0, 9).Select(_ => run.Step()).ToArray();

        Defaults.Seed = 99;
        var resumed = new Run();
        resumed.Step();
        resumed.Checkpoint.Load(File);
        Assert.Equal(7, resumed.Checkpoint.Step);
        Assert.Equal("half way", (string?)Checkpoint.ReadInfo(File)["note"]);
        Assert.Equal(losses, Enumerable.Range(0, 9).Select(_ => resumed.Step()));
        Assert.Equal(run.Weights, resumed.Weights);
    }

    [Fact]
    public void AnotherModelsCheckpointIsRefused()
    {
        new Checkpoint(new Linear(2, 3)).Save(File);
        Assert.Contains("weight has shape", Assert.Throws<ArgumentException>(() => new Checkpoint(new Linear(3, 3)).Load(File)).Message);
        var model = new Linear(2, 3);
        Assert.Contains("no optimiser state", Assert.Throws<ArgumentException>(() => new Checkpoint(model, new Sgd(model.Parameters(), 0.1)).Load(File)).Message);
    }

    // The model of a checkpoint that fits, with an optimiser that does not.
    [Fact]
    public void ACheckpointThatDoesNotFitChangesNothing()
    {
        using var _ = Defaults.With(seed: 4);
        var run = new Run();
        run.Step();
        run.Checkpoint.Save(File);

        var model = new Sequential(new Linear(3, 8), new Dropout(0.3), new Linear(8, 2));
        var optimizer = new Sgd(model.Parameters(), 0.1, momentum: 0.9);
        float[] before = [.. model.Parameters().SelectMany(p => p.ToArray<float>())];
        ulong position = Defaults.Generator.Position;
        var checkpoint = new Checkpoint(model, optimizer, new DataOrder(10));
        Assert.Contains("0.momentum_buffer is missing", Assert.Throws<ArgumentException>(() => checkpoint.Load(File)).Message);
        Assert.Equal(before, model.Parameters().SelectMany(p => p.ToArray<float>()));
        Assert.Equal((0, 0.1, position), (checkpoint.Step, optimizer.Rate, Defaults.Generator.Position));
    }

    [Theory]
    [InlineData("{\"step\":1,\"seed\":1,\"position\":\"?\",\"info\":{}}")]
    [InlineData("{\"step\":1.5,\"seed\":1,\"position\":1,\"info\":{}}")]
    [InlineData("{\"step\":1,\"seed\":-1,\"position\":1,\"info\":{}}")]
    [InlineData("{\"step\":1,\"seed\":1,\"position\":1}")]
    [InlineData("{\"step\":1,\"seed\":1,\"position\":1,\"info\":{},\"order\":{\"seed\":1,\"taken\":-1}}")]
    [InlineData("null")]
    public void ATrainingStateThatIsNotSoundChangesNothing(string state)
    {
        var model = new Linear(2, 3);
        var other = new Linear(2, 3).StateDict().ToDictionary(t => "model." + t.Key, t => t.Value);
        Safetensors.Save(File, other, new Dictionary<string, string> { ["nanoattention.checkpoint"] = state });
        float[] before = model.Weight.ToArray<float>();
        Assert.Contains("is no checkpoint", Assert.Throws<InvalidDataException>(() => new Checkpoint(model).Load(File)).Message);
        Assert.Equal(before, model.Weight.ToArray<float>());
    }

    [Fact]
    public void WeightsAloneAreNoCheckpoint()
    {
        Safetensors.Save(File, new Linear(2, 3).StateDict());
        Assert.Contains("is no checkpoint", Assert.Throws<InvalidDataException>(() => new Checkpoint(new Linear(2, 3)).Load(File)).Message);
    }

    [Fact]
    public void EveryEpochIsAPermutationOfItsOwn()
    {
        var order = new DataOrder(10, seed: 1);
        int[] first = order.Next(10), second = order.Next(10);
        Assert.Equal(Enumerable.Range(0, 10), first.Order());
        Assert.Equal(Enumerable.Range(0, 10), second.Order());
        Assert.NotEqual(first, second);
        Assert.Equal(2, order.Epoch);
    }
}
