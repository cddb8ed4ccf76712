using System.Collections;

namespace NanoAttention.Tests.Python;

/// <summary>An operation that Python's own types do not have; the evaluator adds the place.</summary>
public sealed class PlainException(string message) : Exception(message);

/// <summary>Python's own values: None, bool, int (long), float (double), str, tuple (object?[]), list (List), dict, slice.</summary>
public static class Plain
{
    public static bool Knows(object? value) =>
        value is null or bool or long or double or string or object?[] or List<object?> or Dictionary<object, object?> or Slice or Ellipsis;

    public static string TypeName(object? value) => value switch
    {
        null => "None",
        bool => "bool",
        long => "int",
        double => "float",
        string => "str",
        object?[] => "tuple",
        List<object?> => "list",
        Dictionary<object, object?> => "dict",
        _ => value.GetType().Name,
    };

    public static bool Truth(object? value) => value switch
    {
        null => false,
        bool b => b,
        long i => i != 0,
        double d => d != 0,
        string s => s.Length > 0,
        ICollection c => c.Count > 0,
        _ => true,
    };

    public static object? Unary(string symbol, object? operand) => (symbol, Number(operand)) switch
    {
        ("+", { } x) => x,
        ("-", long i) => (object)checked(-i),
        ("-", double d) => -d,
        ("~", long i) => ~i,
        _ => throw new PlainException($"{symbol} does not take {TypeName(operand)}"),
    };

    public static object? Binary(string symbol, object? left, object? right) => symbol switch
    {
        "==" => Same(left, right),
        "!=" => !Same(left, right),
        "is" => Is(left, right),
        "is not" => !Is(left, right),
        "in" => Contains(right, left),
        "not in" => !Contains(right, left),
        _ => Arithmetic(symbol, left, right),
    };

    public static object? Index(object? target, object? key) => (target, key) switch
    {
        (string s, long i) => s[At(i, s.Length)].ToString(),
        (string s, Slice slice) => string.Concat(Positions(slice, s.Length).Select(i => s[i])),
        (Dictionary<object, object?> d, not null) => d.TryGetValue(key, out var value) ? value : throw new PlainException($"no key {key}"),
        (IList l, long i) => l[At(i, l.Count)],
        (object?[] l, Slice slice) => Positions(slice, l.Length).Select(i => l[i]).ToArray(),
        (List<object?> l, Slice slice) => Positions(slice, l.Count).Select(i => l[i]).ToList(),
        _ => throw new PlainException($"{TypeName(target)} has no index of {TypeName(key)}"),
    };

    /// <summary>The positions that start:stop:step selects of n, by Python's rules for negative and absent bounds.</summary>
    public static IEnumerable<int> Positions(Slice slice, int n)
    {
        var step = slice.Step ?? 1;
        if (step == 0) throw new PlainException("a slice's step cannot be 0");
        var (low, high) = step > 0 ? (0L, (long)n) : (-1L, n - 1L);
        var start = Clip(slice.Start, step > 0 ? low : high);
        var stop = Clip(slice.Stop, step > 0 ? high : low);
        for (var i = start; step > 0 ? i < stop : i > stop; i += step) yield return (int)i;

        long Clip(long? bound, long absent) =>
            bound is not { } b ? absent : Math.Clamp(b < 0 ? b + n : b, low, high);
    }

    static int At(long index, int count) =>
        index >= -count && index < count ? (int)(index < 0 ? index + count : index)
            : throw new PlainException($"index {index} is outside a sequence of {count}");

    static bool Same(object? left, object? right) => (Number(left), Number(right)) switch
    {
        (long a, long b) => a == b,
        ({ } a, { } b) => Double(a) == Double(b),
        _ => (left, right) switch
        {
            (object?[] a, object?[] b) => a.Length == b.Length && a.Zip(b).All(p => Same(p.First, p.Second)),
            (List<object?> a, List<object?> b) => a.Count == b.Count && a.Zip(b).All(p => Same(p.First, p.Second)),
            _ => Equals(left, right),
        },
    };

    static bool Is(object? left, object? right) => left is bool or long ? Equals(left, right) : ReferenceEquals(left, right);

    static bool Contains(object? container, object? value) => container switch
    {
        string s when value is string part => s.Contains(part, StringComparison.Ordinal),
        Dictionary<object, object?> d => value is not null && d.ContainsKey(value),
        IList l => l.Cast<object?>().Any(x => Same(x, value)),
        _ => throw new PlainException($"'in' does not take {TypeName(container)}"),
    };

    static object Arithmetic(string symbol, object? left, object? right) => (left, right) switch
    {
        (bool a, bool b) when symbol is "&" or "|" or "^" => symbol switch { "&" => a & b, "|" => a | b, _ => a ^ b },
        (string a, string b) when symbol == "+" => a + b,
        (string a, string b) when symbol is "<" or "<=" or ">" or ">=" => Order(symbol, string.CompareOrdinal(a, b)),
        (object?[] a, object?[] b) when symbol == "+" => (object?[])[.. a, .. b],
        (List<object?> a, List<object?> b) when symbol == "+" => (List<object?>)[.. a, .. b],
        (object?[] a, long n) when symbol == "*" => Enumerable.Repeat(a, (int)Math.Max(n, 0)).SelectMany(x => x).ToArray(),
        (List<object?> a, long n) when symbol == "*" => Enumerable.Repeat(a, (int)Math.Max(n, 0)).SelectMany(x => x).ToList(),
        _ => (Number(left), Number(right)) switch
        {
            (long a, long b) => Integers(symbol, a, b),
            ({ } a, { } b) => Floats(symbol, Double(a), Double(b)),
            _ => throw new PlainException($"{symbol} does not take {TypeName(left)} and {TypeName(right)}"),
        },
    };

    static object Integers(string symbol, long a, long b) => symbol switch
    {
        "+" => checked(a + b),
        "-" => checked(a - b),
        "*" => checked(a * b),
        "/" or "//" or "%" when b == 0 => throw new PlainException("division by zero"),
        "//" => FloorDivide(a, b),
        "%" => a - b * FloorDivide(a, b),
        "**" when b >= 0 => Power(a, b),
        "&" => a & b,
        "|" => a | b,
        "^" => a ^ b,
        "<<" => a << (int)b,
        ">>" => a >> (int)b,
        _ => Floats(symbol, a, b),
    };

    static object Floats(string symbol, double a, double b) => symbol switch
    {
        "+" => a + b,
        "-" => a - b,
        "*" => a * b,
        "/" or "//" or "%" when b == 0 => throw new PlainException("division by zero"),
        "/" => a / b,
        "//" => Math.Floor(a / b),
        "%" => a - b * Math.Floor(a / b),
        "**" => Math.Pow(a, b),
        "<" => a < b,
        "<=" => a <= b,
        ">" => a > b,
        ">=" => a >= b,
        _ => throw new PlainException($"{symbol} does not take numbers"),
    };

    static bool Order(string symbol, int order) => symbol switch
    {
        "<" => order < 0,
        "<=" => order <= 0,
        ">" => order > 0,
        _ => order >= 0,
    };

    static long Power(long a, long b)
    {
        var power = 1L;
        for (; b > 0; b--) power = checked(power * a);
        return power;
    }

    /// <summary>⌊a / b⌋: C# rounds towards zero, Python down.</summary>
    static long FloorDivide(long a, long b) => a / b - (a % b != 0 && a < 0 != b < 0 ? 1 : 0);

    /// <summary>A bool counts as 0 or 1 among numbers; null for what is no number.</summary>
    static object? Number(object? value) => value switch { bool b => b ? 1L : 0L, long or double => value, _ => null };

    static double Double(object number) => number is long i ? i : (double)number;
}
