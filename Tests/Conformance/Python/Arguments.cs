namespace NanoAttention.Tests.Python;

/// <summary>The bound arguments of one call, by name and as C# types.</summary>
public sealed class Arguments(string function, IReadOnlyDictionary<string, object?> values)
{
    public object? this[string name] =>
        values.TryGetValue(name, out var value) ? value : throw new SignatureException($"{function} has no parameter {name}");

    public bool Has(string name) => this[name] is not null;

    public int Int(string name) => this[name] is { } value ? ToInt(name, value) : throw Wrong(name, "an int");

    public int? IntOrNone(string name) => this[name] is { } value ? ToInt(name, value) : null;

    public double Float(string name) => this[name] is { } value ? ToFloat(name, value) : throw Wrong(name, "a float");

    public double? FloatOrNone(string name) => this[name] is { } value ? ToFloat(name, value) : null;

    public bool Bool(string name) => this[name] switch { bool b => b, long i => i != 0, _ => throw Wrong(name, "a bool") };

    public string Text(string name) => this[name] as string ?? throw Wrong(name, "a str");

    /// <summary>Several ints, or one as a list of one.</summary>
    public int[] Ints(string name) => IntsOrNone(name) ?? throw Wrong(name, "ints");

    public int[]? IntsOrNone(string name) => this[name] switch
    {
        null => null,
        IReadOnlyList<object?> items => [.. items.Select(i => ToInt(name, i))],
        var value => [ToInt(name, value)],
    };

    public SignatureException Wrong(string name, string expected) =>
        new($"{function}: {name} is {Plain.TypeName(values.GetValueOrDefault(name))}, not {expected}");

    int ToInt(string name, object? value) => value switch
    {
        long i => checked((int)i),
        bool b => b ? 1 : 0,
        _ => throw Wrong(name, "an int"),
    };

    double ToFloat(string name, object? value) => value switch
    {
        double d => d,
        long i => i,
        bool b => b ? 1 : 0,
        _ => throw Wrong(name, "a float"),
    };
}
