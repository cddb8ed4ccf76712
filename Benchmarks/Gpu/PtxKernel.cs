using System.Reflection;
using ILGPU;
using ILGPU.Backends;
using ILGPU.Backends.EntryPoints;
using ILGPU.Backends.PTX;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;
using NanoAttention.Kernels;
using NanoAttention.Kernels.Gpu;

namespace NanoAttention.Benchmarks.Ptx;

/// <summary>
/// A kernel as the engine launches it on CUDA: with its type arguments and launch bounds. Reflection finds kernels and formulas, so that a
/// new one is in the list without being put there.
/// </summary>
sealed record PtxKernel(MethodInfo Method)
{
    /// <summary>All of them, by name. What is generic over a formula is there with each formula that it may be launched with.</summary>
    public static IReadOnlyList<PtxKernel> All { get; } =
    [
        .. typeof(F32).Assembly.GetTypes()
            .Where(type => type is { Namespace: "NanoAttention.Kernels.Gpu", IsAbstract: true, IsSealed: true })
            .SelectMany(type => type.GetMethods(BindingFlags.Public | BindingFlags.Static))
            .Where(method => method.ReturnType == typeof(void)).SelectMany(Instances)
            .Select(method => new PtxKernel(method)).OrderBy(kernel => kernel.Name, StringComparer.Ordinal),
    ];

    public string Name => Method.IsGenericMethod ? $"{Family}<{string.Join(", ", Method.GetGenericArguments().Select(Title))}>" : Family;

    /// <summary>What it is called without its type arguments.</summary>
    string Family => $"{Method.DeclaringType!.Name}.{Method.Name}";

    static string Title(Type type) => type.IsGenericType
        ? $"{type.Name[..type.Name.IndexOf('`')]}<{Title(type.GetGenericArguments()[0])}>"
        : type == typeof(float) ? "float" : type == typeof(int) ? "int" : type == typeof(byte) ? "byte" : type.Name.Replace("Formula", "");

    /// <summary>How many threads a group has at most, and how many groups a multiprocessor must have room for, if that is said.</summary>
    KernelSpecialization Bounds()
    {
        var tile = Method.IsGenericMethod ? Method.GetGenericArguments()[0] : typeof(void);
        if (Method.DeclaringType == typeof(TensorCores)) tile = typeof(TensorTile);
        if (tile.IsAssignableTo(typeof(ITile)))
        {
            var bounds = typeof(GpuDevice).GetMethod(nameof(GpuDevice.Bounds), BindingFlags.NonPublic | BindingFlags.Static, [])!;
            return (KernelSpecialization)bounds.MakeGenericMethod(tile).Invoke(null, null)!;
        }
        return tile == typeof(AttentionTile64) ? GpuDevice.AttentionBounds<AttentionTile64>(Method.Name) : new(Threads.MaxGroup, null);
    }

    /// <summary>What the PTX and the launches of some kernels say, in their order.</summary>
    public static PtxRow[] Rows(IReadOnlyList<PtxKernel> kernels) => [.. kernels.AsParallel().AsOrdered().Select(kernel => kernel.Row())];

    PtxRow Row()
    {
        var bounds = Bounds();
        string ptx = Compile(Method, bounds);
        bool isFamily = Method.IsGenericMethod && Method.GetGenericArguments().Any(IsFormula);
        var others = Method.IsGenericMethod ? Method.GetGenericArguments().Where(type => !IsFormula(type)).Select(Title) : [];
        return new(Name, isFamily ? string.Join(", ", [Family, .. others]) : Name, bounds.MaxNumThreadsPerGroup!.Value,
            bounds.MinNumGroupsPerMultiprocessor ?? 1, ptx, PtxFacts.Of(ptx));
    }

    /// <summary>The PTX of a kernel, made in a context of its own, which a failure would spoil for others.</summary>
    public static string Compile(MethodInfo kernel, KernelSpecialization bounds = default)
    {
        using var context = Context.Create(builder => builder.Optimize(OptimizationLevel.O2));
        using var backend = new PTXBackend(context, CudaArchitecture.SM_80, CudaInstructionSet.ISA_70, null!);
        return ((PTXCompiledKernel)backend.Compile(EntryPointDescription.FromExplicitlyGroupedKernel(kernel), bounds)).PTXAssembly;
    }

    // A generic kernel with all combinations of what its parameters may stand for.
    static IEnumerable<MethodInfo> Instances(MethodInfo kernel)
    {
        if (!kernel.IsGenericMethodDefinition) return [kernel];
        IEnumerable<Type[]> arguments = [[]];
        foreach (var parameter in kernel.GetGenericArguments())
        {
            Type[] types = [.. Types(kernel, parameter.GetGenericParameterConstraints())];
            arguments = arguments.SelectMany(_ => types, (some, type) => (Type[])[.. some, type]);
        }
        // operands lie wide both, or narrow both
        return arguments.Where(types => types.Where(IsLie).DistinctBy(type => type.IsGenericType).Count() < 2)
            .Select(types => kernel.MakeGenericMethod(types));

        static bool IsLie(Type type) => type.IsAssignableTo(typeof(ILie));
    }

    static IEnumerable<Type> Types(MethodInfo kernel, Type[] constraints) =>
        constraints.Contains(typeof(ITile)) ? Tiles.SelectMany(tile => new[] { tile, typeof(Scattered<>).MakeGenericType(tile) })
        : constraints.Contains(typeof(IAttentionTile)) ? [typeof(AttentionTile64)]
        : constraints.Contains(typeof(ISide)) ? [typeof(Side16)]
        : constraints.Contains(typeof(ILie)) ? [typeof(AlongK), typeof(AcrossK), typeof(Narrow<AlongK>), typeof(Narrow<AcrossK>)]
        : constraints.Contains(typeof(IReducer)) ? Formulas<IReducer>().SelectMany(r => new[] { r, typeof(Merge<>).MakeGenericType(r) })
        : constraints.Contains(typeof(IUnary)) && kernel.DeclaringType != typeof(Map) ? Activations
        : constraints.Contains(typeof(IUnary)) ? Formulas<IUnary>().SelectMany(f => new[] { f, typeof(Derivative<>).MakeGenericType(f) })
        : constraints.Contains(typeof(IBinary)) ? Formulas<IBinary>().SelectMany(WithSlopes)
        : kernel.DeclaringType == typeof(Fill) ? [typeof(float), typeof(int), typeof(byte)]
        : kernel.DeclaringType!.Name.StartsWith("Copy") ? [typeof(int), typeof(byte), typeof(F4)]
        : !constraints.Contains(typeof(IBinaryFunction)) ? [typeof(int), typeof(byte)]
        : kernel.Name.StartsWith("Compare") ? Formulas<IBinaryFunction>().Where(f => !f.IsAssignableTo(typeof(IBinary)))
        : Formulas<IBinaryFunction>().SelectMany(WithSlopes);

    // A formula, and its slopes as functions of their own, which gradients of gradients launch.
    static Type[] WithSlopes(Type f) =>
        f.IsAssignableTo(typeof(IBinary)) ? [f, typeof(PartialA<>).MakeGenericType(f), typeof(PartialB<>).MakeGenericType(f)] : [f];

    // What a matrix product may apply as it stores: the activations that layers hand it.
    static Type[] Activations =>
    [
        typeof(Identity), typeof(Tensor.ReluFormula), typeof(Tensor.GeluFormula), typeof(Tensor.GeluTanhFormula),
        typeof(Tensor.TanhFormula), typeof(Tensor.SigmoidFormula), typeof(Tensor.SiluFormula),
    ];

    static Type[] Tiles => [typeof(Tile128), typeof(Tile64), typeof(Tile32)];

    static bool IsFormula(Type type) => type.IsAssignableTo(typeof(IUnary)) || type.IsAssignableTo(typeof(IBinaryFunction))
        || type.IsAssignableTo(typeof(IReducer));

    static IEnumerable<Type> Formulas<I>() => new[] { typeof(F32).Assembly, typeof(Tensor).Assembly }.SelectMany(a => a.GetTypes())
        .Where(type => type is { IsValueType: true, ContainsGenericParameters: false } && type.IsAssignableTo(typeof(I)));
}
