namespace NanoAttention.Benchmarks.Peers;

/// <summary>A row of the comparison with other libraries, here alone.</summary>
sealed record PeerWork(PeerRow Row) : Work($"Peers: {Row.Title}", Device.Cpu)
{
    public override Action Prepare()
    {
        Defaults.Device = Device;
        var run = PeerTest.Prepare(Row.Tests[0].Split(' '))!;
        return () =>
        {
            using var step = Scope.Begin();
            run();
        };
    }
}
