using System.Runtime.CompilerServices;
using NanoAttention.Kernels.Cpu;
using Xunit;

namespace NanoAttention.Tests;

/// <summary>While a class with this fixture runs, memory on the CPU is guarded; what was written beyond it fails the class.</summary>
public sealed class Guarded : IDisposable
{
    static readonly Lock gate = new();
    static int classes;

    public Guarded() => Count(1);

    public void Dispose()
    {
        Count(-1);
        GC.Collect();                               // what no scope handed back
        GC.WaitForPendingFinalizers();
        Assert.Empty(Found);
    }

    /// <summary>What was written beyond its memory, as far as that came back, since the last time somebody asked.</summary>
    public static string[] Found
    {
        get
        {
            var found = new List<string>();
            while (GuardedMemory.Damage.TryDequeue(out string? damage)) found.Add(damage);
            return [.. found];
        }
    }

    static void Count(int change)
    {
        lock (gate) Device.Cpu.Guard = (classes += change) > 0;
    }
}

/// <summary>A byte written beyond memory is found, whoever it was lent to.</summary>
[Collection(AloneCollection.Name)]
public unsafe class GuardTests : IClassFixture<Guarded>
{
    [Theory, InlineData(-64), InlineData(-1), InlineData(0), InlineData(11), InlineData(12), InlineData(75)]
    public void A_byte_written_beyond_a_tensor_is_found(int place)
    {
        using (Scope.Begin()) Write(CpuDevice.View<float>(Tensor.Zeros([3])).Pointer, place);
        AssertFound(place, $"Zeros: byte {place} of 12 was written");
    }

    [Fact]
    public void A_byte_written_beyond_a_tensor_that_the_collector_frees_is_found()
    {
        Lose();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        AssertFound(12, "Zeros: byte 12 of 12 was written");

        [MethodImpl(MethodImplOptions.NoInlining)]
        static void Lose() => Write(CpuDevice.View<float>(Tensor.Zeros([3])).Pointer, 12);
    }

    [Theory, InlineData(-64), InlineData(-1), InlineData(0), InlineData(11), InlineData(12), InlineData(75)]
    public void A_byte_written_beyond_scratch_memory_is_found(int place)
    {
        Write(Scratch<GuardTests>.Take<float>(3), place);
        Scratch<GuardTests>.Take<float>(5000);
        AssertFound(place, $"scratch of GuardTests: byte {place} of 12 was written");
    }

    static void Write(void* memory, int place) => ((byte*)memory)[place]++;

    static void AssertFound(int place, string damage) => Assert.Equal(place is >= 0 and < 12 ? [] : [damage], Guarded.Found);
}
