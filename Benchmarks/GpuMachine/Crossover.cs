using NanoAttention.Benchmarks.Peers;

namespace NanoAttention.Benchmarks.GpuMachine;

/// <summary>An operation's seconds on the CPU and on the GPU at rising sizes; a size without both is left out.</summary>
sealed record CrossoverRow(string Operation, IReadOnlyList<(string Size, double Cpu, double Gpu)> Times)
{
    /// <summary>The smallest size from which on the GPU is faster at every size tried; null where it is not at the largest.</summary>
    public string? From
    {
        get
        {
            int first = Times.Count;
            while (first > 0 && Times[first - 1].Gpu < Times[first - 1].Cpu) first--;
            return first < Times.Count ? Times[first].Size : null;
        }
    }
}

/// <summary>From which size on the GPU is faster than the CPU, operation by operation: the two of this engine's workers in turn.</summary>
static class Crossover
{
    // {0} in the test is the size
    sealed record Ladder(string Operation, string Test, int[] Sizes);

    static readonly Ladder[] all =
    [
        new("matrix product n × n", "sgemm N N {0} {0} {0}", [16, 32, 64, 128, 256, 512, 1024, 2048]),
        new("softmax of n rows of 1024", "softmax {0} 1024", [1, 4, 16, 64, 256, 1024, 4096]),
        new("layer norm of n rows of 1024", "layernorm {0} 1024", [1, 4, 16, 64, 256, 1024, 4096]),
        new("GELU of n numbers", "gelu {0}", [1 << 10, 1 << 12, 1 << 14, 1 << 16, 1 << 18, 1 << 20, 1 << 22]),
        new("sum of n numbers", "sum {0}", [1 << 10, 1 << 12, 1 << 14, 1 << 16, 1 << 18, 1 << 20, 1 << 22]),
        new("AdamW of n numbers", "adamfu {0}", [1 << 10, 1 << 12, 1 << 14, 1 << 16, 1 << 18, 1 << 20, 1 << 22]),
        new("attention, 8 heads × n × 64, forward and backward", "sdpafbc 1 8 {0} 64", [16, 64, 256, 1024]),
        new("LSTM, n steps of 32 × 128 → 256, forward and backward", "lstmfb {0} 32 128 256", [1, 4, 16, 64]),
        new("GPT of 4 layers, 4 heads, 128, block 64, batch n: a training step", "gpt_step_sdpa_fused {0} 64 4 4 128", [1, 4, 16, 64]),
    ];

    /// <param name="simulated">Two operations at two tiny sizes.</param>
    public static IReadOnlyList<CrossoverRow> Run(string gpu, int threads, bool simulated)
    {
        var some = simulated ? [all[0] with { Sizes = [2, 4] }, all[3] with { Sizes = [4, 8] }] : all;
        int milliseconds = simulated ? 0 : 20;
        using Peer cpu = Peer.Start(PeerProgram.Ours, threads), other = Peer.Start(PeerProgram.OursOn(gpu), threads);
        List<CrossoverRow> rows = [];
        foreach (var (operation, test, sizes) in some)
        {
            rows.Add(new(operation, [.. from size in sizes
                                        let words = string.Format(System.Globalization.CultureInfo.InvariantCulture, test, size)
                                        let here = cpu.Time(words, milliseconds)
                                        let there = other.Time(words, milliseconds)
                                        where here is not null && there is not null
                                        select ($"{size}", here.Value.Least, there.Value.Least)]));
            Console.WriteLine($"CPU and GPU: {operation}{(simulated ? "; simulated" : $": the GPU is ahead {Where(rows[^1])}")}");
        }
        return rows;
    }

    public static string Markdown(IReadOnlyList<CrossoverRow> rows, bool simulated)
    {
        var table = new Table(2, "operation", "the GPU is ahead", "CPU and GPU, by n");
        foreach (var row in rows)
            table.Add(row.Operation, simulated ? "" : Where(row),
                string.Join("; ", row.Times.Select(t => $"{t.Size}: {Units.Time(t.Cpu)}, {Units.Time(t.Gpu)}")));
        return $"## CPU and GPU\n\n{(simulated ? "SIMULATED: the times mean nothing.\n\n" : "")}{table}";
    }

    static string Where(CrossoverRow row) => row.From is { } size ? $"from n = {size}" : "at no n that was tried, or not at the largest";
}
