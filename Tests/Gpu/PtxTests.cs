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
            Assert.Empty(PtxDivergence.BrokenPromises(ptx));
        }
    }

    // Per two columns of A: the multiplications, and the loads of four from shared memory; what ends in a v4 moves 16 bytes at once.
    [Theory]
    [InlineData(typeof(Tile128), 128, 8, 128), InlineData(typeof(Tile64), 32, 4, 64), InlineData(typeof(Tile32), 32, 4, 64)]
    public void The_register_tiles_move_four_floats_at_a_time_and_leave_products_to_be_fused(Type tile, int products, int loads, int registers)
    {
        string ptx = Compile(kernels["MatMul.Registers"].MakeGenericMethod(tile, typeof(Identity)), new KernelSpecialization(256, 2));
        // the assembler makes one instruction of the two
        Assert.Equal(products, Regex.Count(ptx, @"mul\.f32\s+(%f\d+), .*\n\s*add\.f32\s+%f\d+, %f\d+, \1;"));
        Assert.DoesNotContain("mul.rn.f32", ptx);
        Assert.Equal(loads, Regex.Count(ptx, @"ld\.shared\.v4\.f32"));
        Assert.Equal(2 * 2, Regex.Count(ptx, @"st\.shared\.v4\.f32"));         // A and B, before the first step and in each
        Assert.Equal(2 * 2 + 1, Regex.Count(ptx, @"ld\.global\.v4\.f32"));     // and what is added
        Assert.Equal(1, Regex.Count(ptx, @"ld\.global\.f32"));                 // which alone may come number by number
        Assert.Equal(1, Regex.Count(ptx, @"st\.global\.v4\.f32"));
        Assert.Equal(2, Regex.Count(ptx, @"bar\.sync"));                        // a barrier a step
        Assert.DoesNotContain(".local", ptx);
        Assert.Contains(".maxntid 256", ptx);
        Assert.InRange(PtxRegisters.MostAtOnce(ptx), products / 2, registers);       // 512 threads have 128 each, 1024 have 64
    }

    // A thread multiplies 32 numbers a step, two steps at once, of so many products of tiles; it loads and stores four numbers at a time.
    [Theory]
    [InlineData("Forward", 2, 24, 20, 12, 1, 4), InlineData("BackwardByQuery", 3, 26, 20, 20, 1, 4), InlineData("BackwardByKey", 4, 26, 26, 24, 2, 3)]
    public void Attentions_tiles_move_four_floats_at_a_time_and_leave_products_to_be_fused(string name, int products,
        int loads, int stores, int globalLoads, int globalStores, int groups)
    {
        var kernel = kernels[$"Attention.{name}"].MakeGenericMethod(typeof(AttentionTile64));
        string ptx = Compile(kernel, new KernelSpecialization(128, groups));
        Assert.Matches($@"\.maxntid 128, 1, 1\s+\.minnctapersm {groups}\s", ptx);
        int fused = Regex.Count(ptx, @"mul\.f32\s+(%f\d+), .*\n\s*add\.f32\s+%f\d+, %f\d+, \1;");
        Assert.InRange(fused, 64 * products, 64 * products + 63);
        Assert.DoesNotContain("mul.rn.f32", ptx);
        Assert.DoesNotContain(".local", ptx);
        Assert.Equal(loads, Regex.Count(ptx, @"ld\.shared\.v4\.f32"));
        Assert.Equal(stores, Regex.Count(ptx, @"st\.shared\.v4\.f32"));
        Assert.Equal(globalLoads, Regex.Count(ptx, @"ld\.global\.v4\.f32"));
        Assert.Equal(globalStores, Regex.Count(ptx, @"st\.global\.v4\.f32"));
        // so many groups of 128 threads have room on a multiprocessor, whose system takes 1 KB of shared memory for each
        int shared = Regex.Matches(ptx, @"\.shared .*\[(\d+)\];").Sum(array => int.Parse(array.Groups[1].Value));
        Assert.InRange(shared, 1, Math.Min(48 * 1024, 228 * 1024 / groups - 1024));
        Assert.InRange(PtxRegisters.MostAtOnce(ptx), 64, 65536 / 128 / groups / 8 * 8);
    }

    [Theory]
    [InlineData("Copy.Strided"), InlineData("CopyInto.Strided"), InlineData("Dropout.Apply")]
    [InlineData("Zip.Forward"), InlineData("Zip.BackwardA"), InlineData("Zip.BackwardB")]
    public void Elementwise_kernels_move_four_numbers_at_a_time(string name)
    {
        string ptx = Compile(Instances(kernels[name]).Last());
        Assert.Contains("ld.global.v4.f32", ptx);
        Assert.Equal(1, Regex.Count(ptx, @"st\.global\.v4\.f32"));
    }

    [Fact]
    public void Branches_on_data_are_not_taken_for_uniform()
    {
        foreach (var kernel in Instances(kernels["Map.Backward"]).Where(k => !k.GetGenericArguments()[0].ToString().Contains("Pow")))     // which branches on its exponent
            Assert.DoesNotMatch(@"@!?%p\d+ bra\.uni", Compile(kernel));
    }

    [Fact]
    public void A_number_chosen_where_threads_part_is_not_taken_for_uniform()
    {
        const string ptx = """
            .visible .entry Kernel(.param .b32 _n)
            {
            mov.b32 %r1, %tid.x;
            ld.param.b32 %r2, [_n];
            mov.b32 %r3, 4;
            setp.lt.s32 %p1, %r1, %r2;
            @%p1 bra L_1;
            mov.b32 %r3, 0;
            L_1:
            setp.ge.s32 %p2, %r3, 4;
            @%p2 bra.uni L_2;
            setp.ge.s32 %p3, %r2, 4;
            @%p3 bra.uni L_2;
            bar.sync 0;
            L_2:
            ret;
            }
            """;
        Assert.Equal("@%p2 bra.uni L_2", Assert.Single(PtxDivergence.BrokenPromises(ptx)));
        Assert.Equal(2, PtxDivergence.BrokenPromises(ptx.Replace("bra L", "bra.uni L")).Count());
    }

    // A generic kernel with each formula that it may be launched with, or each type of number.
    static IEnumerable<MethodInfo> Instances(MethodInfo kernel)
    {
        if (!kernel.IsGenericMethodDefinition) return [kernel];
        if (kernel.GetGenericArguments() is [_, _, _])
        {
            Type[] lies = [typeof(AlongK), typeof(Narrow<AcrossK>)];
            return lies.Select(lie => kernel.MakeGenericMethod(lie, lie, typeof(Identity)));
        }
        if (kernel.GetGenericArguments() is [_, _])
        {
            Type[] tiles = [typeof(Tile128), typeof(Tile64), typeof(Tile32)];
            var gelus = Formulas<IUnary>(typeof(Tensor)).Where(f => f.Name.StartsWith("Gelu"));
            return
            [
                .. tiles.Append(typeof(Scattered<Tile128>)).Select(tile => kernel.MakeGenericMethod(tile, typeof(Identity))),
                .. gelus.Select(f => kernel.MakeGenericMethod(tiles[0], f)),
            ];
        }
        var constraints = kernel.GetGenericArguments()[0].GetGenericParameterConstraints();
        IEnumerable<Type> types =
            constraints.Contains(typeof(IUnary)) ? Formulas<IUnary>(typeof(Tensor)).SelectMany(f => new[] { f, typeof(Derivative<>).MakeGenericType(f) })
            : constraints.Contains(typeof(IBinaryFunction)) && kernel.Name.StartsWith("Compare") ? Formulas<IBinaryFunction>(typeof(Tensor)).Where(f => !typeof(IBinary).IsAssignableFrom(f) && Regex.IsMatch(f.Name, "^(Less|Equal|Is)"))
            : constraints.Contains(typeof(IBinaryFunction)) ? Formulas<IBinaryFunction>(typeof(Tensor)).Concat(Slopes())
            : constraints.Contains(typeof(IBinary)) ? Formulas<IBinary>(typeof(Tensor)).Concat(Slopes())
            : constraints.Contains(typeof(IReducer)) ? Formulas<IReducer>(typeof(F32))
            : constraints.Contains(typeof(ISide)) ? [typeof(Side16)]
            : constraints.Contains(typeof(IAttentionTile)) ? [typeof(AttentionTile64)]
            : kernel.DeclaringType!.Name.StartsWith("Copy") ? [typeof(int), typeof(byte), typeof(F4)]
            : [typeof(int), typeof(byte)];
        return types.Select(type => kernel.MakeGenericMethod(type));
    }

    // the slopes as functions of their own, which gradients of gradients launch
    static IEnumerable<Type> Slopes() =>
        Formulas<IBinary>(typeof(Tensor)).SelectMany(f => new[] { typeof(PartialA<>).MakeGenericType(f), typeof(PartialB<>).MakeGenericType(f) });

    static IEnumerable<Type> Formulas<I>(Type sibling) =>
        sibling.Assembly.GetTypes().Where(type => type is { IsValueType: true, ContainsGenericParameters: false } && typeof(I).IsAssignableFrom(type));

    // In a context of its own, which a failure would spoil for others.
    internal static string Compile(MethodInfo kernel, KernelSpecialization bounds = default)
    {
        using var context = Context.Create(builder => builder.Optimize(OptimizationLevel.O2));
        using var backend = new PTXBackend(context, CudaArchitecture.SM_80, CudaInstructionSet.ISA_70, null!);
        var compiled = backend.Compile(EntryPointDescription.FromExplicitlyGroupedKernel(kernel), bounds);
        return ((PTXCompiledKernel)compiled).PTXAssembly;
    }
}
