using BenchmarkDotNet.Attributes;

namespace NanoAttention.Benchmarks;

/// <summary>All that is timed, as BenchmarkDotNet sees it: one method, whose parameter is the work.</summary>
public class Suite
{
    const int Warmups = 3;
    Action run = () => { };

    [ParamsSource(nameof(Works))]
    public Work Work { get; set; } = null!;

    /// <summary>Every work for this machine, in the order of the tables.</summary>
    public static IEnumerable<Work> Works() =>
    [
        .. Product.Of(Machine.Rungs),
        .. Machine.Gpu is { } gpu ? Transfer.On(gpu) : [],
        .. CaseWork.On(Machine.Devices),
        .. Peers.PeerRow.All.Select(row => new Peers.PeerWork(row)),
    ];

    [GlobalSetup]
    public void Prepare()
    {
        run = Work.Prepare();
        for (int i = 0; i < Warmups; i++) run();    // compiles the code and fills the pools
    }

    [Benchmark]
    public void Run() => run();
}
