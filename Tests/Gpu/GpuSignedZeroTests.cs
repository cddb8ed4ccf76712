using NanoAttention.Tests.Kernels;
using Xunit;

namespace NanoAttention.Tests;

/// <summary>Odd functions keep the sign of a zero, on the GPU as on the CPU.</summary>
[Trait("Category", "Gpu")]
public class GpuSignedZeroTests
{
    public static TheoryData<string> Names => SignedZeroTests.Names;

    [Theory, MemberData(nameof(Names))]
    public void Zeros_keep_their_sign(string name) => SignedZeroTests.Check(name, DType.F32, 3, Device.Gpu);
}
