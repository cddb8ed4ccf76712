using System.Runtime.InteropServices;
using Xunit;

namespace NanoAttention.Tests;

/// <summary>
/// On one instruction set the same inputs give the same bits, forward and backward: run after run, on one thread and several, and whatever
/// memory the results are written to: new, or used before and full of NaN.
/// </summary>
[Collection(AloneCollection.Name)]
public class DeterminismTests(ITestOutputHelper output)
{
    static readonly CpuDevice cpu = Device.Cpu;

    /// <summary>Every case at its own sizes, with every job shared however small it is; and at those it is timed at, with what is shared there.</summary>
    [Fact]
    public void Every_case_gives_the_same_bits_on_every_run_with_any_threads_and_any_memory()
    {
        var workers = cpu.Workers(all: true);
        var (threads, worth) = (cpu.Threads, workers.WorthSharing);
        var failures = new List<string>();
        int cases = 0, timed = 0, runs = 0, shared = 0, helped = 0;
        try
        {
            foreach (var (name, example) in Cases.Names.Select(row => (row.Data, Cases.Of(row.Data))))
            {
                workers.WorthSharing = 0;
                cases++;
                Compare($"{name}, F32", CaseSample.Draw(example, DType.F32), [1, 2, 3]);
                Compare($"{name}, F64", CaseSample.Draw(example, DType.F64), [2]);
                if (example.Timed is not { } large) continue;
                workers.WorthSharing = worth;
                timed++;
                Compare($"{name}, as timed", CaseSample.Draw(large, DType.F32), [2]);
            }
        }
        finally
        {
            (cpu.Threads, workers.WorthSharing, workers.AwaitsHelp, cpu.Pooling, cpu.Litter) = (threads, worth, 0, true, null);
        }
        output.WriteLine($"determinism: {cases} cases, {timed} of them at large sizes too, {runs} runs; {shared} sets of runs had jobs that were shared, in {helped} of them other threads did a part");
        Assert.True(failures.Count == 0, string.Join("\n", failures));
        Assert.Equal(shared, helped);
        Assert.InRange(shared, 2 * cases * 9 / 10, 2 * cases + timed);      // two types, and the large ones; views do no work

        void Compare(string name, CaseSample sample, int[] counts)
        {
            (cpu.Threads, cpu.Pooling, cpu.Litter) = (1, true, null);
            var before = workers.Jobs;
            byte[] expected = Bits(sample);
            foreach (int count in counts) Check(count, pooling: true, litter: null);
            Check(2, pooling: false, litter: 0xFF);
            if (workers.Jobs.Shared > before.Shared) shared++;
            if (workers.Jobs.Helped > before.Helped) helped++;

            void Check(int count, bool pooling, byte? litter)
            {
                (cpu.Threads, workers.AwaitsHelp, cpu.Pooling, cpu.Litter) = (count, count == 2 && pooling && litter is null ? 1 : 0, pooling, litter);
                runs++;
                if (!Bits(sample).AsSpan().SequenceEqual(expected) && failures.Count < 40) failures.Add($"{name}: other bits with {count} threads, {(pooling ? "the pool" : "no pool")}{(litter is null ? "" : ", memory full of NaN")}");
            }
        }
    }

    /// <summary>Inputs that are parts of larger tensors, whose other numbers are NaN.</summary>
    [Fact]
    public void Every_case_gives_the_same_bits_whatever_lies_beside_its_inputs()
    {
        var failures = new List<string>();
        foreach (string name in Cases.Names.Select(row => row.Data))
            foreach (var type in (DType[])[DType.F32, DType.F64])
            {
                var sample = CaseSample.Draw(Cases.Of(name), type);
                if (!Bits(sample, Array.ConvertAll(sample.Inputs, AmidNaN)).AsSpan().SequenceEqual(Bits(sample))) failures.Add($"{name}, {type}");
            }
        Assert.True(failures.Count == 0, string.Join("\n", failures));

        static Tensor AmidNaN(Tensor x)
        {
            if (!x.DType.IsFloat) return x;
            var whole = Tensor.Full([3, .. x.Shape.Sizes], double.NaN, x.DType, x.Device);
            var part = whole.Select(0, 1);
            part.CopyFrom(x.Detach());
            return part.RequireGrad();
        }
    }

    // Of the result and all gradients.
    static byte[] Bits(CaseSample sample, params Tensor[] inputs)
    {
        using var _ = Scope.Begin();
        var y = sample.Apply(inputs);
        var results = new List<Tensor> { y };
        Tensor[] leaves = inputs.Length == 0 ? sample.Leaves : [.. inputs.Where(x => x.DType.IsFloat), .. sample.Parameters];
        if (y.RequiresGrad) results.AddRange(Reverse.Gradients(y, leaves, Rounding.Weights(y, 5)).OfType<Tensor>());
        return [.. results.SelectMany(r => MemoryMarshal.AsBytes(r.Detach().ToDoubles().AsSpan()).ToArray())];
    }
}
