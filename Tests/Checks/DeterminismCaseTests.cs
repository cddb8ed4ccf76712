using System.Runtime.InteropServices;
using Xunit;

namespace NanoAttention.Tests;

/// <summary>What listing a case buys: its bits are the same every time.</summary>
public class DeterminismCaseTests
{
    public static TheoryData<string> Names => Cases.Names;

    [Theory, MemberData(nameof(Names))]
    public void Bits_are_the_same_on_every_run_and_with_any_number_of_threads(string name)
    {
        var example = Cases.Of(name);
        var sample = CaseSample.Draw(example.Timed ?? example, DType.F32);
        int threads = Device.Cpu.Threads;
        try
        {
            Device.Cpu.Threads = 1;
            var expected = Results(sample);
            foreach (int count in new[] { 1, 2, 3 })
            {
                Device.Cpu.Threads = count;
                Assert.Equal(expected, Results(sample));
            }
        }
        finally
        {
            Device.Cpu.Threads = threads;
        }

        static byte[] Results(CaseSample sample)
        {
            using var _ = Scope.Begin();
            var y = sample.Apply();
            var results = new List<Tensor> { y };
            if (y.RequiresGrad) results.AddRange(Reverse.Gradients(y, sample.Leaves, Rounding.Weights(y, 5)).OfType<Tensor>());
            return [.. results.SelectMany(r => MemoryMarshal.AsBytes(r.Detach().ToDoubles().AsSpan()).ToArray())];
        }
    }
}
