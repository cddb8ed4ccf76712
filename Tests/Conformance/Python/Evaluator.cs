using System.Collections;

namespace NanoAttention.Tests.Python;

/// <summary>What ... evaluates to.</summary>
public sealed class Ellipsis
{
    public static readonly Ellipsis Value = new();
}

/// <summary>start:stop:step as an index value.</summary>
public sealed record Slice(long? Start, long? Stop, long? Step);

/// <summary>The values that Python itself does not know (tensors, functions, modules): an evaluator asks their owner.</summary>
public interface IObjects
{
    object? Lookup(string name);
    object? Attribute(object? target, string name);
    object? Call(object? function, IReadOnlyList<object?> values, IReadOnlyDictionary<string, object?> keywords);
    object? Unary(string symbol, object? operand);
    object? Binary(string symbol, object? left, object? right);
    object? Index(object? target, object? key);
}

/// <summary>The world without objects: every name is unknown.</summary>
public sealed class NoObjects : IObjects
{
    public static readonly NoObjects Instance = new();

    public object? Lookup(string name) => throw Unknown(name);
    public object? Attribute(object? target, string name) => throw Unknown(name);
    public object? Call(object? function, IReadOnlyList<object?> values, IReadOnlyDictionary<string, object?> keywords) => throw Unknown("call");
    public object? Unary(string symbol, object? operand) => throw Unknown(symbol);
    public object? Binary(string symbol, object? left, object? right) => throw Unknown(symbol);
    public object? Index(object? target, object? key) => throw Unknown("index");

    static PlainException Unknown(string name) => new($"{name} is not known");
}

/// <summary>
/// Evaluates a syntax tree. Numbers, strings, None, tuples (object?[]), lists and dictionaries follow Python's rules (<see cref="Plain"/>);
/// everything else is left to the <see cref="IObjects"/>.
/// </summary>
public sealed class Evaluator(IObjects objects, string source)
{
    public static object? Evaluate(string source, IObjects objects) =>
        new Evaluator(objects, source).Value(Parser.Parse(source));

    /// <summary>The value of an expression of Python's own values alone.</summary>
    public static object? Evaluate(Expression expression, string source) => new Evaluator(NoObjects.Instance, source).Value(expression);

    object? Value(Expression expression) => expression switch
    {
        Constant c => c.Value,
        Name n => Guarded(n, n.Id, id => objects.Lookup(n.Id)),
        Attribute a => Guarded(a, Value(a.Target), x => objects.Attribute(x, a.Id)),
        Call c => Invoke(c),
        Subscript s => Index(s, Value(s.Target), Value(s.Key)),
        Range r => new Slice(Bound(r.Start), Bound(r.Stop), Bound(r.Step)),
        Tuple t => t.Items.Select(Value).ToArray(),
        Sequence l => l.Items.Select(Value).ToList(),
        Mapping m => m.Items.ToDictionary(i => Value(i.Key) ?? throw Error(m, "None cannot be a key"), i => Value(i.Value)),
        Unary { Operator: "not" } u => !Truth(u.Operand),
        Unary u => Guarded(u, Value(u.Operand), x => Plain.Knows(x) ? Plain.Unary(u.Operator, x) : objects.Unary(u.Operator, x)),
        Binary b => Operate(b, b.Operator, Value(b.Left), Value(b.Right)),
        Comparison c => Compare(c),
        Logical l => Truth(l.Left, out var left) == (l.Operator == "or") ? left : Value(l.Right),
        Conditional c => Truth(c.Test) ? Value(c.WhenTrue) : Value(c.WhenFalse),
        _ => throw Error(expression, $"{expression.GetType().Name} has no value"),
    };

    object? Operate(Expression at, string symbol, object? left, object? right) =>
        Guarded(at, left, x => Plain.Knows(x) && Plain.Knows(right) ? Plain.Binary(symbol, x, right) : objects.Binary(symbol, x, right));

    object? Compare(Comparison comparison)
    {
        var left = Value(comparison.First);
        object? result = null;
        for (var i = 0; i < comparison.Rest.Count; i++)
        {
            var (symbol, operand) = comparison.Rest[i];
            var right = Value(operand);
            result = Operate(comparison, symbol, left, right);
            if (i < comparison.Rest.Count - 1 && !Truth(comparison, result)) return result;
            left = right;
        }
        return result;
    }

    object? Index(Subscript at, object? target, object? key) =>
        Guarded(at, target, x => Plain.Knows(x) ? Plain.Index(x, key) : objects.Index(x, key));

    object? Invoke(Call call)
    {
        var function = Value(call.Function);
        List<object?> values = [];
        Dictionary<string, object?> keywords = [];
        foreach (var argument in call.Arguments)
        {
            var value = Value(argument.Value);
            if (argument.Keyword is { } keyword)
            {
                if (!keywords.TryAdd(keyword, value)) throw Error(call, $"the keyword {keyword} is given twice");
            }
            else if (!argument.Unpacked) values.Add(value);
            else if (value is IList items) values.AddRange(items.Cast<object?>());
            else throw Error(call, "only a list or a tuple can follow *");
        }
        return Guarded(call, function, f => objects.Call(f, values, keywords));
    }

    long? Bound(Expression? expression) => expression is null ? null : Value(expression) switch
    {
        null => null,
        long i => i,
        bool b => b ? 1 : 0,
        var other => throw Error(expression, $"a slice takes integers, not {Plain.TypeName(other)}"),
    };

    bool Truth(Expression expression) => Truth(expression, Value(expression));

    bool Truth(Expression expression, out object? value) => Truth(expression, value = Value(expression));

    bool Truth(Expression at, object? value) =>
        Plain.Knows(value) ? Plain.Truth(value) : throw Error(at, $"{Plain.TypeName(value)} is neither true nor false");

    object? Guarded(Expression at, object? operand, Func<object?, object?> operation)
    {
        try { return operation(operand); }
        catch (PlainException e) { throw Error(at, e.Message); }
    }

    PythonException Error(Expression at, string message) => new(message, source, at.Position);
}
