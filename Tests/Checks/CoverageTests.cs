using System.Reflection;
using System.Text.RegularExpressions;
using Xunit;

namespace NanoAttention.Tests;

/// <summary>Names every op and every layer that has no case.</summary>
public class CoverageTests
{
    // What computes nothing differentiable, or is the tool others are made with.
    static readonly HashSet<string> exempt =
    [
        "RequireGrad", "Keep", "Detach", "To", "Map", "Zip", "ArgMax", "ArgMin", "ArgSort", "NonZero", "CountNonZero", "Any", "All",
        "EqualTo", "NotEqualTo", "IsNan", "IsInf", "IsFinite", "IsClose",
        "op_LessThan", "op_LessThanOrEqual", "op_GreaterThan", "op_GreaterThanOrEqual", "op_LogicalNot",
        "op_BitwiseAnd", "op_BitwiseOr", "op_ExclusiveOr",
    ];

    static readonly Dictionary<string, string> symbols = new()
    {
        ["op_Addition"] = "+",
        ["op_Subtraction"] = "-",
        ["op_Multiply"] = "*",
        ["op_Division"] = "/",
        ["op_UnaryNegation"] = "-",
        ["get_Part"] = "[",
    };

    [Fact]
    public void Every_op_has_a_case()
    {
        var ops = typeof(Tensor).GetMethods(BindingFlags.Public | BindingFlags.Static | BindingFlags.Instance | BindingFlags.DeclaredOnly)
            .Where(m => Yields(m.ReturnType) && (!m.IsStatic || m.GetParameters().Any(p => Takes(p.ParameterType))))
            .Where(m => !m.IsSpecialName || symbols.ContainsKey(m.Name) || m.Name.StartsWith("op_"))
            .Select(m => m.Name).Distinct().Except(exempt);
        string[] missing = [.. ops.Where(op => !HasCase(op))];
        Assert.Empty(missing);
    }

    // A list of its own, or, where it shares one with its like (Sum and Mean), a call in one of the engine's cases.
    static bool HasCase(string op)
    {
        Case[] listed = [.. Cases.Values.Where(c => c.Type == typeof(Tensor)).Select(c => c.Case)];
        string call = symbols.TryGetValue(op, out var symbol) ? Regex.Escape(symbol) : $@"\b{op}(\(|$)";
        var own = listed.Where(c => c.Group == op).ToArray();
        return (own.Length > 0 ? own : listed).Any(c => Regex.IsMatch(c.Name, call));
    }

    static bool Yields(Type type) => type == typeof(Tensor) || type == typeof(Tensor[]) ||
        type.IsGenericType && type.FullName!.StartsWith("System.ValueTuple") && type.GetGenericArguments().Contains(typeof(Tensor));

    static bool Takes(Type type) => type == typeof(Tensor) || type == typeof(Tensor[]) || type == typeof(ReadOnlySpan<Tensor>);

    [Fact]
    public void Every_layer_has_a_case()
    {
        var layers = Cases.Assemblies.SelectMany(assembly => assembly.GetTypes()).Where(t => !t.IsAbstract && t.IsSubclassOf(typeof(Module)));
        string[] missing = [.. layers.Where(t => !Cases.Values.Any(c => c.Type == t && c.Case.Group == t.Name)).Select(t => t.Name)];
        Assert.Empty(missing);
    }
}
