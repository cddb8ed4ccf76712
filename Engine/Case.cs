using System.Collections;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace NanoAttention;

/// <summary>What a case feeds an op: <c>[2, 3]</c> is floating-point numbers in [−2, 2] that are differentiated.</summary>
[CollectionBuilder(typeof(Input), nameof(Create))]
public readonly record struct Input(Shape Shape, double Low = -2, double High = 2, DType? Type = null) : IEnumerable<int>
{
    public static Input Create(ReadOnlySpan<int> sizes) => new(Shape.Create(sizes));

    /// <summary>Numbers in [low, high].</summary>
    public static Input Within(double low, double high, Shape shape) => new(shape, low, high);

    /// <summary>Integers 0 ≤ i &lt; count.</summary>
    public static Input Indices(int count, Shape shape) => new(shape, 0, count, DType.I32);

    /// <summary>True three times in four.</summary>
    public static Input Mask(Shape shape) => new(shape, 0, 1, DType.Bool);

    /// <summary>The numbers, from the default generator; a leaf where they are floating point.</summary>
    public Tensor Sample() => Type switch
    {
        DType.I32 => Tensor.Uniform(Shape, Low, High, DType.F64, Device.Cpu).To(DType.I32).To(Defaults.Device),
        DType.Bool => (Tensor.Uniform(Shape, 0, 1, DType.F64, Device.Cpu) < 0.75).To(Defaults.Device),
        _ => Tensor.Uniform(Shape, Low, High).RequireGrad(),
    };

    IEnumerator<int> IEnumerable<int>.GetEnumerator() => ((IEnumerable<int>)Shape).GetEnumerator();
    IEnumerator IEnumerable.GetEnumerator() => ((IEnumerable)Shape).GetEnumerator();

    public override string ToString() => Type is null ? $"{Shape}" : $"{Shape} {Type}";
}

/// <summary>Something with parameters to train: a layer, as a case sees it.</summary>
public interface IParameterized
{
    IEnumerable<Tensor> Parameters();
}

/// <summary>
/// A worked example of an op or a layer. Listing one beside it gets it gradient-checked (first and second order), compared between
/// precisions, devices, layouts and with its composed twin, and timed.
/// </summary>
/// <param name="Name">What it computes, as written in the source.</param>
/// <param name="Prepare">Makes the layer (none for an op) with the ambient defaults; yields its parameters and the function of the inputs.</param>
/// <param name="Inputs">What goes in.</param>
public sealed record Case(string Name, Func<(Tensor[] Parameters, Func<Tensor[], Tensor> Apply)> Prepare, Input[] Inputs)
{
    /// <summary>The op or layer it is an example of: the name of the property that lists it, or of the layer.</summary>
    public string Group { get; init; } = "";

    /// <summary>The same function composed of simple ops, for a fused one.</summary>
    public Func<Tensor[], Tensor>? Twin { get; init; }

    /// <summary>Shapes at which it is timed.</summary>
    public Input[]? Bench { get; init; }

    /// <summary>What is timed: this at its bench shapes, or, where the example is too small a layer, one of realistic size; null: nothing.</summary>
    public Case? Timed { get => field ?? (Bench is null ? null : this with { Inputs = Bench }); init; }

    public static Case Of(Func<Tensor, Tensor> f, Input x, [CallerArgumentExpression(nameof(f))] string name = "") =>
        new(name, () => ([], t => f(t[0])), [x]);

    public static Case Of(Func<Tensor, Tensor, Tensor> f, Input a, Input b, [CallerArgumentExpression(nameof(f))] string name = "") =>
        new(name, () => ([], t => f(t[0], t[1])), [a, b]);

    public static Case Of(Func<Tensor, Tensor, Tensor, Tensor> f, Input a, Input b, Input c, [CallerArgumentExpression(nameof(f))] string name = "") =>
        new(name, () => ([], t => f(t[0], t[1], t[2])), [a, b, c]);

    /// <summary>Any number of inputs.</summary>
    public static Case Of(Func<Tensor[], Tensor> f, Input[] inputs, [CallerArgumentExpression(nameof(f))] string name = "") =>
        new(name, () => ([], f), inputs);

    /// <summary>A layer: its parameters are perturbed too.</summary>
    public static Case Of<M>(Func<M> make, Func<M, Tensor[], Tensor> f, Input[] inputs, [CallerArgumentExpression(nameof(make))] string name = "") where M : IParameterized =>
        new(name, () => { var m = make(); return ([.. m.Parameters()], t => f(m, t)); }, inputs);

    /// <summary>The cases that the types of an assembly list in static properties of type Case[], with the type's name.</summary>
    public static IEnumerable<(Type Type, Case Case)> In(Assembly assembly) => InGroups(assembly, _ => true);

    /// <summary>Those of the groups that are asked for; the others are not made.</summary>
    public static IEnumerable<(Type Type, Case Case)> InGroups(Assembly assembly, Func<string, bool> asked) =>
        from type in assembly.GetTypes()
        where !type.ContainsGenericParameters
        from property in type.GetProperties(BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.Public | BindingFlags.DeclaredOnly)
        where property.PropertyType == typeof(Case[])
        let name = property.Name == "Cases" ? type.Name : property.Name[..^"Cases".Length]
        where asked(name)
        from example in (Case[])property.GetValue(null)!
        select (type, example with { Group = name });

    public override string ToString() => $"{Name} on {string.Join(", ", Inputs)}";
}
