using System.Reflection;
using System.Text.RegularExpressions;
using ILGPU;
using ILGPU.Backends;
using ILGPU.Backends.EntryPoints;
using ILGPU.Backends.PTX;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;
using NanoAttention.Kernels;
using NanoAttention.Kernels.Gpu;
using Xunit;

namespace NanoAttention.Tests;

/// <summary>Every GPU kernel, with every formula of the engine, compiles for CUDA, on any machine.</summary>
[Trait("Category", "Gpu")]
public class PtxTests
{
    static readonly Dictionary<string, MethodInfo> kernels = typeof(F32).Assembly.GetTypes()
        .Where(type => type is { Namespace: "NanoAttention.Kernels.Gpu", IsAbstract: true, IsSealed: true })
        .SelectMany(type => type.GetMethods(BindingFlags.Public | BindingFlags.Static))
        .Where(method => method.ReturnType == typeof(void))
        .ToDictionary(method => $"{method.DeclaringType!.Name}.{method.Name}");

    public static TheoryData<string> Names => [.. kernels.Keys];

    [Theory, MemberData(nameof(Names))]
    public void Kernels_compile_and_keep_their_numbers_in_registers(string name)
    {
        foreach (var kernel in Instances(kernels[name]))
        {
            string ptx = Compile(kernel);
            Assert.DoesNotContain(".local", ptx);
        }
    }

    [Fact]
    public void The_register_tile_reads_shared_memory_four_floats_at_a_time_and_leaves_products_to_be_fused()
    {
        string ptx = Compile(kernels["MatMul.Registers"].MakeGenericMethod(typeof(Side16)));
        Assert.Equal(2, Regex.Count(ptx, @"ld\.shared\.v4\.f32"));
        Assert.Contains("mul.f32", ptx);        // the assembler makes one instruction of it and the add that follows
        Assert.DoesNotContain("mul.rn.f32", ptx);
    }

    [Fact]
    public void Branches_on_data_are_not_taken_for_uniform()
    {
        foreach (var kernel in Instances(kernels["Map.Backward"]).Where(k => !k.GetGenericArguments()[0].ToString().Contains("Pow")))     // which branches on its exponent
            Assert.DoesNotMatch(@"@!?%p\d+ bra\.uni", Compile(kernel));
    }

    // A generic kernel with each formula that it may be launched with, or each type of number.
    static IEnumerable<MethodInfo> Instances(MethodInfo kernel)
    {
        if (!kernel.IsGenericMethodDefinition) return [kernel];
        var constraints = kernel.GetGenericArguments()[0].GetGenericParameterConstraints();
        IEnumerable<Type> types =
            constraints.Contains(typeof(IUnary)) ? Formulas<IUnary>(typeof(Tensor)).SelectMany(f => new[] { f, typeof(Derivative<>).MakeGenericType(f) })
            : constraints.Contains(typeof(IBinaryFunction)) && kernel.Name.StartsWith("Compare") ? Formulas<IBinaryFunction>(typeof(Tensor)).Where(f => !typeof(IBinary).IsAssignableFrom(f) && Regex.IsMatch(f.Name, "^(Less|Equal|Is)"))
            : constraints.Contains(typeof(IBinaryFunction)) ? Formulas<IBinaryFunction>(typeof(Tensor)).Concat(Slopes())
            : constraints.Contains(typeof(IBinary)) ? Formulas<IBinary>(typeof(Tensor)).Concat(Slopes())
            : constraints.Contains(typeof(IReducer)) ? Formulas<IReducer>(typeof(F32))
            : constraints.Contains(typeof(ISide)) ? [typeof(Side16)]
            : [typeof(int), typeof(byte)];
        return types.Select(type => kernel.MakeGenericMethod(type));
    }

    // the slopes as functions of their own, which gradients of gradients launch
    static IEnumerable<Type> Slopes() =>
        Formulas<IBinary>(typeof(Tensor)).SelectMany(f => new[] { typeof(PartialA<>).MakeGenericType(f), typeof(PartialB<>).MakeGenericType(f) });

    static IEnumerable<Type> Formulas<I>(Type sibling) =>
        sibling.Assembly.GetTypes().Where(type => type is { IsValueType: true, ContainsGenericParameters: false } && typeof(I).IsAssignableFrom(type));

    // In a context of its own, which a failure would spoil for others.
    static string Compile(MethodInfo kernel)
    {
        using var context = Context.Create(builder => builder.Optimize(OptimizationLevel.O2));
        using var backend = new PTXBackend(context, CudaArchitecture.SM_80, CudaInstructionSet.ISA_70, null!);
        var compiled = backend.Compile(EntryPointDescription.FromExplicitlyGroupedKernel(kernel), KernelSpecialization.Empty);
        return ((PTXCompiledKernel)compiled).PTXAssembly;
    }
}
