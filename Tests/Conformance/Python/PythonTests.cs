using NanoAttention.Tests.Python;
using Xunit;

namespace NanoAttention.Tests;

/// <summary>The Python subset of the conformance expressions, on plain values: every expected value is CPython's.</summary>
public sealed class PythonTests
{
    static object? Value(string source, params (string Name, object? Value)[] names) =>
        Evaluator.Evaluate(source, new Names(names.ToDictionary(n => n.Name, n => n.Value)));

    [Theory]
    [InlineData("1 + 2 * 3", 7L)]
    [InlineData("(1 + 2) * 3", 9L)]
    [InlineData("-2 ** 2", -4L)]
    [InlineData("2 ** -1", 0.5)]
    [InlineData("2 ** 3 ** 2", 512L)]
    [InlineData("-2 ** 2 ** 0", -2L)]
    [InlineData("7 - 2 - 1", 4L)]
    [InlineData("7 // 2 * 2", 6L)]
    [InlineData("-7 // 2", -4L)]
    [InlineData("-7 % 3", 2L)]
    [InlineData("7 % -3", -2L)]
    [InlineData("-7.5 % 2", 0.5)]
    [InlineData("7 / 2", 3.5)]
    [InlineData("6 / 2", 3.0)]
    [InlineData("1 | 6 ^ 3 & 2", 5L)]
    [InlineData("1 << 2 + 1", 8L)]
    [InlineData("~5 + 1", -5L)]
    [InlineData("- - 3", 3L)]
    [InlineData("1e-3", 1e-3)]
    [InlineData("1E+2", 100.0)]
    [InlineData(".5 + 5.", 5.5)]
    [InlineData("1_000", 1000L)]
    [InlineData("True + True", 2L)]
    [InlineData("True & False", false)]
    public void Arithmetic_follows_Python(string source, object expected) => Assert.Equal(expected, Value(source));

    [Theory]
    [InlineData("1 < 2 < 3", true)]
    [InlineData("1 < 3 < 2", false)]
    [InlineData("3 > 2 == 2", true)]
    [InlineData("1 == 1.0", true)]
    [InlineData("not 1 == 2", true)]
    [InlineData("not True or True", true)]
    [InlineData("1 | 2 == 3", true)]
    [InlineData("False or 'x'", "x")]
    [InlineData("0 and absent", 0L)]
    [InlineData("1 or absent", 1L)]
    [InlineData("2 if 1 > 0 else absent", 2L)]
    [InlineData("1 if False else 2 if False else 3", 3L)]
    [InlineData("2 in (1, 2)", true)]
    [InlineData("2 not in [1, 2]", false)]
    [InlineData("None is None", true)]
    [InlineData("1 is not None", true)]
    [InlineData("(1, 2) == (1, 2.0)", true)]
    [InlineData("[1] == (1,)", false)]
    public void Comparisons_and_logic_follow_Python(string source, object expected) => Assert.Equal(expected, Value(source));

    [Theory]
    [InlineData("(1, 2, 3)[-1]", 3L)]
    [InlineData("[1, [2, 3]][1][0]", 2L)]
    [InlineData("'abcd'[1:3]", "bc")]
    [InlineData("'abcd'[::-1]", "dcba")]
    [InlineData("'abcd'[-3::2]", "bd")]
    [InlineData("'abcd'[10:]", "")]
    [InlineData("{'a': 1, 'b': 2}['b']", 2L)]
    [InlineData("\"it's\"", "it's")]
    [InlineData("((4))", 4L)]
    public void Indexing_follows_Python(string source, object expected) => Assert.Equal(expected, Value(source));

    [Fact]
    public void Tuples_and_lists_are_told_apart()
    {
        Assert.Equal([1L, 2L], Assert.IsType<object?[]>(Value("(1, 2)")));
        Assert.Equal([1L], Assert.IsType<object?[]>(Value("(1,)")));
        Assert.Empty(Assert.IsType<object?[]>(Value("()")));
        Assert.Equal([1L], Assert.IsType<List<object?>>(Value("[1]")));
        Assert.Equal([1L, 2L], Assert.IsType<List<object?>>(Value("[1] + [2,]")));
        Assert.Equal([1L, 2L], Assert.IsType<object?[]>(Value("((1, 2, 3)[:2])")));
        Assert.IsType<object?[]>(Assert.IsType<List<object?>>(Value("[(1, 2)]"))[0]);
    }

    [Fact]
    public void A_subscript_hands_over_slices_ellipsis_and_None()
    {
        var key = Assert.IsType<object?[]>(Value("x[..., None, 1:, ::2, -1]", ("x", new Recorder())));
        Assert.Equal([Ellipsis.Value, null, new Slice(1, null, null), new Slice(null, null, 2), -1L], key);
        Assert.Equal(new Slice(null, null, null), Value("x[:]", ("x", new Recorder())));
    }

    [Fact]
    public void A_call_hands_over_values_and_keywords_in_order()
    {
        Assert.Equal("1,(2, 3),4 k=5 j=None", Value("f(1, (2, 3), *[4], k=5, j=None)", ("f", new Recorder())));
        Assert.Equal("7", Value("f.g(1 + 2 * 3)", ("f", new Recorder())));
    }

    [Theory]
    [InlineData("1 +", 3)]
    [InlineData("(1, 2", 5)]
    [InlineData("a b", 2)]
    [InlineData("f(k=1, 2)", 7)]
    [InlineData("1 $ 2", 2)]
    [InlineData("'abc", 0)]
    [InlineData("x..y", 2)]
    [InlineData("1e", 0)]
    [InlineData("2x", 0)]
    [InlineData("1 + (2 / 0)", 7)]
    [InlineData("1 + 'a'", 2)]
    [InlineData("(1, 2)[5]", 6)]
    [InlineData("1 + absent", 4)]
    [InlineData("'abc'['a':]", 6)]
    public void An_error_names_its_column(string source, int column) =>
        Assert.Equal(column, Assert.Throws<PythonException>(() => Value(source)).Position);

    [Fact]
    public void A_signature_binds_as_a_Python_call_does()
    {
        var sum = new Signature("torch.sum(input, dim=None, keepdim=False)");
        Assert.Equal("torch.sum", sum.Name);
        var bound = sum.Bind([1L, (object?[])[0L, 2L]], new Dictionary<string, object?> { ["keepdim"] = true });
        Assert.Equal([0, 2], bound.Ints("dim"));
        Assert.True(bound.Bool("keepdim"));
        Assert.Null(sum.Bind([1L], new Dictionary<string, object?>()).IntsOrNone("dim"));
        Assert.Throws<SignatureException>(() => sum.Bind([], new Dictionary<string, object?>()));
        Assert.Throws<SignatureException>(() => sum.Bind([1L, 2L, true, 4L], new Dictionary<string, object?>()));
        Assert.Throws<SignatureException>(() => sum.Bind([1L], new Dictionary<string, object?> { ["axis"] = 1L }));
    }

    [Fact]
    public void A_signature_takes_the_rest_one_by_one_or_as_one_tuple()
    {
        var reshape = new Signature("reshape(input, *shape)");
        Dictionary<string, object?> none = [];
        Assert.Equal([2, -1], reshape.Bind([null, 2L, -1L], none).Ints("shape"));
        Assert.Equal([2, -1], reshape.Bind([null, new object?[] { 2L, -1L }], none).Ints("shape"));
        Assert.Equal([5], reshape.Bind([null, 5L], none).Ints("shape"));
    }

    /// <summary>Named values; a recorder's attribute is itself, its index the key, its call the arguments in words.</summary>
    sealed class Names(Dictionary<string, object?> names) : IObjects
    {
        public object? Lookup(string name) => names.TryGetValue(name, out var value) ? value : throw new PlainException($"{name} is not known");

        public object? Attribute(object? target, string name) => target;

        public object? Call(object? function, IReadOnlyList<object?> values, IReadOnlyDictionary<string, object?> keywords) =>
            string.Join(' ', [string.Join(',', values.Select(Show)), .. keywords.Select(k => $"{k.Key}={Show(k.Value)}")]);

        public object? Unary(string symbol, object? operand) => throw new PlainException(symbol);

        public object? Binary(string symbol, object? left, object? right) => throw new PlainException(symbol);

        public object? Index(object? target, object? key) => key;

        static string Show(object? value) =>
            value is object?[] items ? $"({string.Join(", ", items.Select(Show))})" : value?.ToString() ?? "None";
    }

    sealed class Recorder;
}
