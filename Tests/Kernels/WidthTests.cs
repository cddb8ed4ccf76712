using System.Globalization;
using System.Runtime.Intrinsics;
using Xunit;

namespace NanoAttention.Tests.Kernels;

/// <summary>
/// The kernels are right in narrow registers too: the same tests run again in processes that the environment forbids the wide ones.
/// NANOATTENTION_WIDTH says how many bits such a process may have at most, 0 for software alone.
/// </summary>
public class WidthTests
{
    static int Width => Vector512.IsHardwareAccelerated ? 512 : Vector256.IsHardwareAccelerated ? 256
        : Vector128.IsHardwareAccelerated ? 128 : 0;

    [Fact]
    public void Registers_are_as_narrow_as_the_environment_wants_them()
    {
        string? most = Environment.GetEnvironmentVariable("NANOATTENTION_WIDTH");
        Assert.SkipWhen(most is null, "any width will do where NANOATTENTION_WIDTH is not set");
        int limit = int.Parse(most, CultureInfo.InvariantCulture);
        Assert.True(Width <= limit, $"registers have {Width} bits, NANOATTENTION_WIDTH allows {most}");
        Assert.Contains($"{Math.Max(128, Width)}-bit", Device.Cpu.Name);
    }
}
