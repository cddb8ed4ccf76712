using System.Linq.Expressions;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace NanoAttention.Tests;

/// <summary>
/// Arguments right and wrong, the smallest and the largest, for whatever method: tensors of all ranks, sizes (0 too) and types, numbers,
/// lists, functions, and objects of this project's types, made by what makes them. The same seed makes the same ones.
/// </summary>
sealed class Whatever(int seed)
{
    readonly Random random = new(seed);

    /// <summary>Whether numbers and sizes are such that much fits together: 2 and 4, rates below 1.</summary>
    public bool Sane { get; set; }

    /// <summary>A tensor, a list of them, a number, …: of these anything can be made.</summary>
    public static bool CanMake(Type type)
    {
        lock (makable)
        {
            if (makable.TryGetValue(type, out bool can)) return can;
            makable[type] = true;               // what needs itself does not fail for that
            return makable[type] = FindsMakers(type);
        }
    }

    static readonly Dictionary<Type, bool> makable = [];

    static bool FindsMakers(Type type) =>
        type == typeof(Tensor) || type == typeof(int) || type == typeof(long) || type == typeof(ulong) || type == typeof(double) || type == typeof(float) || type == typeof(bool)
        || type == typeof(Shape) || type.IsEnum || type == typeof(Device) || type == typeof(string) || type == typeof(PerAxis) || type == typeof(WindowPadding) || type == typeof(Index) || type == typeof(Range)
        || type == typeof(bool[,]) || !type.ContainsGenericParameters && !type.IsByRefLike && !type.IsByRef
            && (Nullable.GetUnderlyingType(type) is { } inner ? CanMake(inner)
                : Item(type) is { } item ? CanMake(item)
                : Parts(type) is { } parts ? parts.All(CanMake)
                : type.IsAssignableTo(typeof(Delegate)) ? type.GetMethod("Invoke")!.ReturnType is var result && (result == typeof(void) || CanMake(result))
                : IsOurs(type) && (type.IsAbstract ? Concrete(type).Length > 0 : Makers(type).Length > 0));

    /// <summary>What a parameter takes, its default now and then, but not the sizes of a whole BERT.</summary>
    public object? Argument(ParameterInfo parameter, bool allowNull = true) =>
        parameter.HasDefaultValue && parameter.DefaultValue is not > 16 && random.Next(3) > 0 ? parameter.DefaultValue is DBNull ? Type.Missing : parameter.DefaultValue
        : allowNull && parameter.ParameterType.IsArray && !Sane && random.Next(12) == 0 ? null
        : Make(parameter.ParameterType);

    public object? Make(Type type)
    {
        if (Nullable.GetUnderlyingType(type) is { } inner) return random.Next(2) == 0 ? null : Make(inner);
        if (type == typeof(Tensor)) return Tensor();
        if (type == typeof(int)) return Integer();
        if (type == typeof(long)) return (long)Integer() * (random.Next(10) == 0 ? int.MaxValue : 1);
        if (type == typeof(double)) return Real();
        if (type == typeof(float)) return (float)Real();
        if (type == typeof(bool)) return random.Next(2) == 0;
        if (type == typeof(ulong)) return (ulong)random.NextInt64();
        if (type == typeof(Shape)) return Shape();
        if (type.IsEnum) return !Sane && random.Next(8) == 0 ? Enum.ToObject(type, 77) : Enum.GetValues(type).GetValue(random.Next(Enum.GetValues(type).Length));
        if (type == typeof(Device)) return Device.Cpu;
        if (type == typeof(string)) return random.Next(3) switch { 0 => "", 1 => "ij,jk->ik", _ => "x" };
        if (type == typeof(PerAxis)) return random.Next(2) == 0 ? (PerAxis)Integer() : PerAxis.Create([Integer(), Integer()]);
        if (type == typeof(WindowPadding)) return random.Next(2) == 0 ? (WindowPadding)Integer() : WindowPadding.Create([Integer(), Integer()]);
        if (type == typeof(Index)) return new Index(random.Next(4), random.Next(2) == 0);
        if (type == typeof(Range)) return new Range(new Index(random.Next(4), random.Next(2) == 0), new Index(random.Next(4), random.Next(2) == 0));
        if (type == typeof(bool[,])) return new bool[random.Next(3), random.Next(3)];
        if (type.IsAssignableFrom(typeof(OrderedDictionary<string, Tensor>)) && !type.IsAssignableFrom(typeof(Tensor[]))) return Named();
        if (Item(type) is { } item) return List(item);
        if (Parts(type) is { } parts) return Activator.CreateInstance(type, [.. parts.Select(Make)]);
        return type.IsAssignableTo(typeof(Delegate)) ? Function(type) : Object(type);
    }

    /// <summary>An object of a type of this project, by a constructor, or a static method or property, of its own.</summary>
    public object Object(Type type)
    {
        if (type == typeof(Device)) return Device.Cpu;
        if (type == typeof(Shape)) return Shape();
        if (type == typeof(PerAxis)) return Make(type)!;
        if (type.IsAbstract) type = Concrete(type) is var all ? all[random.Next(all.Length)] : type;
        var makers = Makers(type);
        bool sane = Sane;
        Sane = true;
        try
        {
            for (int i = 0; ; i++)
                try
                {
                    var maker = makers[random.Next(makers.Length)];
                    object?[] arguments = [.. maker.GetParameters().Select(p => Argument(p))];
                    return maker is ConstructorInfo constructor ? constructor.Invoke(arguments) : maker.Invoke(null, arguments)!;
                }
                catch (TargetInvocationException e) when (i < 200 && e.InnerException is ArgumentException) { }
        }
        finally
        {
            Sane = sane;
        }
    }

    static readonly ConditionalWeakTable<Type, MethodBase[]> makers = [];

    static MethodBase[] Makers(Type type) => makers.GetValue(type, type => [.. type.GetConstructors().Cast<MethodBase>()
        .Concat(type.GetMethods(BindingFlags.Public | BindingFlags.Static | BindingFlags.DeclaredOnly).Where(m => m.ReturnType == type && !m.IsGenericMethod && m.GetParameters().All(p => p.ParameterType != type)))
        .Where(m => !m.Name.StartsWith("op_", StringComparison.Ordinal) && m.GetParameters().All(p => p.ParameterType != type && CanMake(p.ParameterType)))]);

    static Type[] Concrete(Type type) => [.. type.Assembly.GetExportedTypes().Where(t => !t.IsAbstract && t.IsAssignableTo(type) && Makers(t).Length > 0)];

    static bool IsOurs(Type type) => type.IsVisible && (type.Assembly == typeof(Tensor).Assembly || type.Assembly == typeof(Module).Assembly);

    // What an array or a list is of; dictionaries are lists of pairs.
    static Type? Item(Type type) =>
        type.IsArray ? type.GetArrayRank() == 1 ? type.GetElementType() : null
        : type.IsInterface && type.IsGenericType && type.GetInterfaces().Append(type).FirstOrDefault(t => t.IsGenericType && t.GetGenericTypeDefinition() == typeof(IEnumerable<>)) is { } list
            ? list.GetGenericArguments()[0] : null;

    static Type[]? Parts(Type type) =>
        type.IsGenericType && (type.IsAssignableTo(typeof(ITuple)) || type.GetGenericTypeDefinition() == typeof(KeyValuePair<,>)) ? type.GetGenericArguments() : null;

    int Integer() => Sane ? random.Next(5) switch { 0 => 1, 1 => 2, _ => 4 } : random.Next(12) switch { 0 => int.MaxValue, 1 => int.MinValue, _ => random.Next(-3, 5) };

    double Real() => Sane ? 0.1 * random.Next(1, 9) : random.Next(8) switch { 0 => double.NaN, 1 => double.PositiveInfinity, 2 => 0, 3 => -1e300, _ => 4 * random.NextDouble() - 2 };

    Array List(Type item)
    {
        var list = Array.CreateInstance(item, Sane ? random.Next(1, 3) : random.Next(4));
        for (int i = 0; i < list.Length; i++) list.SetValue(Make(item), i);
        return list;
    }

    OrderedDictionary<string, Tensor> Named()
    {
        var tensors = new OrderedDictionary<string, Tensor>();
        foreach (string name in (string[])["weight", "bias", "0.step", "x"])
            if (random.Next(2) == 0) tensors[name] = Tensor();
        return tensors;
    }

    Delegate Function(Type type)
    {
        var invoke = type.GetMethod("Invoke")!;
        var parameters = invoke.GetParameters().Select(p => Expression.Parameter(p.ParameterType)).ToArray();
        Expression body = invoke.ReturnType == typeof(void) ? Expression.Empty()
            : parameters.FirstOrDefault(p => p.Type == invoke.ReturnType) is { } same && random.Next(4) > 0 ? same
            : Expression.Constant(Make(invoke.ReturnType), invoke.ReturnType);
        return Expression.Lambda(type, body, parameters).Compile(preferInterpretation: true);
    }

    Shape Shape() => NanoAttention.Shape.Create([.. Enumerable.Range(0, random.Next(5)).Select(_ => Sane ? random.Next(4) == 0 ? 2 : 4 : random.Next(10) == 0 ? 0 : random.Next(1, 4))]);

    Tensor Tensor()
    {
        bool sane = Sane || Fitting && random.Next(2) == 0;
        var type = sane && random.Next(3) > 0 ? DType.F32 : random.Next(6) switch { 0 => DType.I32, 1 => DType.Bool, 2 => DType.F64, _ => DType.F32 };
        (bool before, Sane) = (Sane, sane);
        var shape = Shape();
        Sane = before;
        var x = NanoAttention.Tensor.Of([.. Enumerable.Range(0, shape.Count).Select(_ => (double)random.Next(sane ? 0 : -2, 4))], shape, DType.F64);
        var converted = type == DType.Bool ? x > 0 : x.To(type);
        if (type.IsFloat && random.Next(3) == 0) converted.RequireGrad();
        return shape.Rank >= 2 && random.Next(3) == 0 ? converted.Detach().Transpose() : converted;
    }

    /// <summary>Whether one tensor in two is such that it may fit the objects made here.</summary>
    public bool Fitting { get; init; }
}
