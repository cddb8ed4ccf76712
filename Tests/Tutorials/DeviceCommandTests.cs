using System.CommandLine;
using NanoAttention.Tutorials;
using Xunit;

namespace NanoAttention.Tests;

/// <summary>What <c>device list</c> says, and what <c>--device</c> takes.</summary>
public class DeviceCommandTests
{
    static readonly DeviceInfo[] none = [new("cpu", "CPU (8 threads)", Memory: 1L << 34), new(null, "GPU", WhyNot: "built without ILGPU")];

    static readonly DeviceInfo[] many =
    [
        none[0],
        new("gpu:0", "Big", "CUDA", 3L << 33, "580.1 CUDA 13.0", "9.0", 132),
        new("gpu:1", "Big", "OpenCL", 3L << 33, "580.1", "3.0", 132),
        new("gpu:2", "the simulator"),
        new(null, "Old", "OpenCL", 1L << 30, "1.1", "1.2", 4, "it has OpenCL 1.2, and kernels take 2.0"),
    ];

    [Fact]
    public void Devices_stand_in_a_table_with_memory_driver_and_version() =>
        Assert.Equal(
            """
            --device  what             through  memory    driver           version  multiprocessors
            cpu       CPU (8 threads)           16.0 GiB
            gpu:0     Big              CUDA     24.0 GiB  580.1 CUDA 13.0  9.0      132
            gpu:1     Big              OpenCL   24.0 GiB  580.1            3.0      132
            gpu:2     the simulator

            not usable:
              Old, OpenCL, 1.0 GiB, 1.1: it has OpenCL 1.2, and kernels take 2.0

            --device gpu takes GPU (Big, CUDA)

            """, DeviceCommand.Text(many, () => "GPU (Big, CUDA)"), ignoreLineEndingDifferences: true);

    [Fact]
    public void Without_a_GPU_the_reason_stands_there() =>
        Assert.Equal(
            """
            --device  what             memory
            cpu       CPU (8 threads)  16.0 GiB

            not usable:
              GPU: built without ILGPU

            --device gpu: Device.Gpu: built without ILGPU

            """, DeviceCommand.Text(none, () => throw new NotSupportedException("Device.Gpu: built without ILGPU")),
            ignoreLineEndingDifferences: true);

    [Fact]
    public void This_machine_has_a_CPU_and_every_other_device_is_usable_or_says_why_not()
    {
        Assert.Equal("cpu", DeviceInfo.All[0].Id);
        Assert.All(DeviceInfo.All, d => Assert.True((d.Id is null) != (d.WhyNot is null), d.ToString()));
        string[] ids = [.. DeviceInfo.All.Where(d => d.Id is not null).Select(d => d.Id!)];
        Assert.Equal(ids[1..], Enumerable.Range(0, ids.Length - 1).Select(i => $"gpu:{i}"));
        Assert.Equal(Device.WhyNoGpu is null, ids.Length > 1);
    }

    [Fact]
    public void A_device_has_its_name_and_no_other()
    {
        Assert.Same(Device.Cpu, Device.Of("cpu"));
        foreach (string wrong in (string[])["tpu", "", "CPU", "gpu1"])
            Assert.Contains("there are cpu (", Assert.Throws<ArgumentException>(() => Device.Of(wrong)).Message);
        if (Device.WhyNoGpu is { } why)
            foreach (string id in (string[])["gpu", "gpu:0"])
                Assert.Contains(why, Assert.Throws<NotSupportedException>(() => Device.Of(id)).Message);
        else
        {
            Assert.Same(Device.Gpu, Device.Of("gpu"));
            Assert.Same(Device.Of("gpu:0"), Device.Of("gpu:0"));
            Assert.Contains("there is no device gpu:99", Assert.Throws<ArgumentException>(() => Device.Of("gpu:99")).Message);
        }
    }

    [Theory]
    [InlineData("cpu", true), InlineData("gpu", true), InlineData("gpu:12", true)]
    [InlineData("tpu", false), InlineData("gpu:", false), InlineData("gpu:-1", false), InlineData("gpu:x", false)]
    public void The_option_takes_names_of_this_form(string given, bool right)
    {
        var parsed = new RootCommand { new DeviceOption() }.Parse(["--device", given]);
        Assert.Equal(right, parsed.Errors.Count == 0);
        if (!right) Assert.Contains($"not '{given}'", parsed.Errors[0].Message);
    }
}
