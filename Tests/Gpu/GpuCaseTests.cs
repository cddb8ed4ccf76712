extern alias benchmarks;

using System.Reflection;
using benchmarks::NanoAttention.Benchmarks.Ptx;
using Xunit;

namespace NanoAttention.Tests;

/// <summary>Every case on the GPU device, real or simulated, against the CPU: the ops.</summary>
[Trait("Category", "Gpu")]
public class GpuOpCaseTests
{
    public static TheoryData<string> Names => Cases.NamesOf(isOp: true);

    [Theory, MemberData(nameof(Names))]
    public void Outputs_and_gradients_are_the_CPUs(string name) => GpuCase.Check(name);
}

/// <summary>The layers; a class of its own, so that both run at the same time.</summary>
[Trait("Category", "Gpu")]
public class GpuLayerCaseTests
{
    public static TheoryData<string> Names => Cases.NamesOf(isOp: false);

    [Theory, MemberData(nameof(Names))]
    public void Outputs_and_gradients_are_the_CPUs(string name) => GpuCase.Check(name);
}

static class GpuCase
{
    const double tolerance = 2e-5;

    public static void Check(string name)
    {
        var (expected, actual) = (Run(Cases.Of(name), Device.Cpu), Run(Cases.Of(name), Device.Gpu));
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++) AssertClose(expected[i], actual[i], $"result {i}");
        var launched = ((GpuDevice)Device.Gpu).Launched.SelectMany(Parts).Where(part => part.Argument.Assembly != typeof(GpuCase).Assembly);
        Assert.Empty(launched.Except(counted.Value));
    }

    // Kernels that have a row in Benchmarks/results/ptx.md, each with what it is generic over, whatever slopes are taken of that; but for
    // tiles, of which the simulator has its own.
    static readonly Lazy<HashSet<(MethodInfo, Type)>> counted = new(() => [.. PtxKernel.All.SelectMany(kernel => Parts(kernel.Method))]);

    static IEnumerable<(MethodInfo Kernel, Type Argument)> Parts(MethodInfo kernel)
    {
        if (!kernel.IsGenericMethod) return [(kernel, typeof(void))];
        var definition = kernel.GetGenericMethodDefinition();
        return kernel.GetGenericArguments().Select(Innermost).Where(type => type.Assembly != definition.Module.Assembly)
            .Select(type => (definition, type));
    }

    static Type Innermost(Type type) => type.IsGenericType ? Innermost(type.GetGenericArguments()[0]) : type;

    // The output; the gradients of its inner product with random numbers; for an op the gradients of those, the same way.
    static Tensor?[] Run(Case example, Device device)
    {
        using var _ = Defaults.With(DType.F32, device, seed: 7);
        var (parameters, apply) = example.Prepare();
        Tensor[] inputs = [.. example.Inputs.Select(input => input.Sample())];
        Tensor[] leaves = [.. parameters, .. inputs.Where(x => x.DType.IsFloat)];
        var y = apply(inputs);
        Assert.Same(device, y.Device);
        if (!y.RequiresGrad) return [y];
        bool isOp = parameters.Length == 0;
        var first = Reverse.Gradients(y, leaves, Tensor.Normal(y.Shape), createGraph: isOp);
        var second = first.Select(g => g is { RequiresGrad: true }
            ? Reverse.Gradients((g * Tensor.Normal(g.Shape)).Sum(), leaves, retainGraph: true) : []);
        return [y, .. first, .. second.SelectMany(g => g)];
    }

    static void AssertClose(Tensor? expected, Tensor? actual, string what)
    {
        Assert.Equal(expected is null, actual is null);
        if (expected is null) return;
        Assert.Equal(expected.Shape, actual!.Shape);
        double[] wanted = expected.ToDoubles(), got = actual.ToDoubles();
        double scale = Math.Max(1, wanted.Select(Math.Abs).DefaultIfEmpty().Max());
        for (int i = 0; i < wanted.Length; i++)
            Assert.True(Math.Abs(got[i] - wanted[i]) <= tolerance * scale || double.IsNaN(got[i]) && double.IsNaN(wanted[i]),
                $"{what}, element {i} of {expected.Shape}: {got[i]} on the GPU device, {wanted[i]} on the CPU");
    }
}
