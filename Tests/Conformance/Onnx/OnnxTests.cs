using System.Text.Json;
using NanoAttention.Tests.Conformance;
using Xunit;

namespace NanoAttention.Tests;

/// <summary>The reader of ONNX's cases: what it passes, fails and does not support, on cases made here.</summary>
public sealed class OnnxTests
{
    static OnnxValue Floats(params double[] values) => new(Tensor.Of(values, [values.Length], DType.F64), ElementType.Float);

    static OnnxValue Whole(ElementType type, params int[] values) => new(Tensor.From(values, [values.Length]), type);

    static OnnxValue Whole(params int[] values) => Whole(ElementType.Int64, values);

    /// <summary>A case of these nodes, whose inputs are named in order and whose last value is what is expected of 'y'.</summary>
    static Outcome Run(int opset, string nodes, string[] names, params OnnxValue[] values)
    {
        var entries = names.Select((name, i) => $$"""{"name":"{{name}}","key":"{{name}}","dtype":"F32","shape":[]}""");
        var json = $$"""
            {"name":"a_case","group":"node","op":"?","opset":{"ai.onnx":{{opset}} },"file":"","nodes":[{{nodes}}],
             "inputs":[{{string.Join(',', entries)}}],"outputs":[{"name":"y","key":"y","dtype":"F32","shape":[]}],"rtol":1e-3,"atol":1e-7}
            """;
        using var document = JsonDocument.Parse(json);
        var stored = names.Append("y").Zip(values).ToDictionary(pair => pair.First, pair => pair.Second);
        return OnnxRunner.Run(new OnnxCase(document.RootElement), key => stored[key], DType.F64, Device.Cpu);
    }

    static string Node(string op, string inputs, string attributes = "", string output = "y", string domain = "") =>
        $$"""
        {"op":"{{op}}","domain":"{{domain}}","inputs":[{{string.Join(',', inputs.Split(',').Select(i => $"\"{i}\""))}}],
         "outputs":["{{output}}"],"attrs":{ {{attributes}} } }
        """;

    static string Attribute(string name, string type, string value) => $$"""
        "{{name}}":{"type":"{{type}}","value":{{value}} }
        """;

    static void Passes(Outcome outcome) => Assert.Equal((Verdict.Passed, ""), (outcome.Verdict, outcome.Detail));

    static void IsNotSupported(string what, Outcome outcome) =>
        Assert.Equal((Verdict.NotSupported, what), (outcome.Verdict, outcome.Detail));

    static void Fails(string why, Outcome outcome)
    {
        Assert.Equal(Verdict.Failed, outcome.Verdict);
        Assert.Contains(why, outcome.Detail);
    }

    [Fact]
    public void Nodes_are_run_in_the_order_that_they_need() => Passes(Run(13,
        $"{Node("Neg", "h")},{Node("Add", "a,b", output: "h")}", ["a", "b"], Floats(1, 2), Floats(3, 4), Floats(-4, -6)));

    [Fact]
    public void An_attribute_that_is_not_known_is_not_supported() => IsNotSupported("Relu attribute slope",
        Run(13, Node("Relu", "x", Attribute("slope", "float", "0.5")), ["x"], Floats(1), Floats(1)));

    [Fact]
    public void An_attribute_of_an_older_version_is_not_supported_in_a_newer_one() => IsNotSupported("Add attribute broadcast",
        Run(7, Node("Add", "a,b", Attribute("broadcast", "int", "1")), ["a", "b"], Floats(1), Floats(1), Floats(2)));

    [Fact]
    public void An_input_that_is_not_known_is_not_supported() => IsNotSupported("Relu input 1",
        Run(13, Node("Relu", "x,x"), ["x"], Floats(1), Floats(1)));

    [Fact]
    public void An_operator_that_is_not_known_is_not_supported() => IsNotSupported("Frobnicate",
        Run(13, Node("Frobnicate", "x"), ["x"], Floats(1), Floats(1)));

    [Fact]
    public void An_operator_that_the_project_is_not_for_says_why() => IsNotSupported("DequantizeLinear (quantised numbers)",
        Run(13, Node("DequantizeLinear", "x"), ["x"], Floats(1), Floats(1)));

    [Fact]
    public void Another_domain_is_not_supported() => IsNotSupported("com.example.Relu",
        Run(13, Node("Relu", "x", domain: "com.example"), ["x"], Floats(1), Floats(1)));

    [Theory]
    [InlineData(12, 0.5)]
    [InlineData(13, 1.0)]
    public void A_default_is_the_versions_own(int opset, double expected)
    {
        var x = new OnnxValue(Tensor.Zeros([1, 2, 1], DType.F64), ElementType.Float);
        Passes(Run(opset, Node("Softmax", "x"), ["x"], x, new(Tensor.Full([1, 2, 1], expected, DType.F64), ElementType.Float)));
    }

    [Fact]
    public void An_attribute_may_become_an_input()
    {
        var axes = Attribute("axes", "ints", "[0]");
        Passes(Run(11, Node("ReduceSum", "x", axes + "," + Attribute("keepdims", "int", "1")), ["x"], Floats(1, 2), Floats(3)));
        Passes(Run(13, Node("ReduceSum", "x,axes"), ["x", "axes"], Floats(1, 2), Whole(0), Floats(3)));
        IsNotSupported("ReduceSum attribute axes", Run(13, Node("ReduceSum", "x", axes), ["x"], Floats(1, 2), Floats(3)));
        IsNotSupported("ReduceSum input 1", Run(11, Node("ReduceSum", "x,axes"), ["x", "axes"], Floats(1, 2), Whole(0), Floats(3)));
    }

    [Fact]
    public void An_input_may_be_left_out()
    {
        var high = new OnnxValue(Tensor.Scalar(2, DType.F64), ElementType.Float);
        Passes(Run(13, Node("Clip", "x,,high"), ["x", "high"], Floats(1, 5), high, Floats(1, 2)));
        Fails("PRelu lacks input 1", Run(13, Node("PRelu", "x"), ["x"], Floats(1), Floats(1)));
    }

    [Fact]
    public void A_name_that_nothing_yields_fails() => Fails("nothing in the graph yields 'z'", Run(13, Node("Relu", "z"), [], Floats(1)));

    [Fact]
    public void A_wrong_answer_fails_and_says_where_it_is_worst() => Fails("y[2] of (3) is 3, expected 4 (2 of 3 differ)",
        Run(13, Node("Identity", "x"), ["x"], Floats(1, 2, 3), Floats(1, 2.1, 4)));

    [Fact]
    public void A_wrong_shape_or_type_fails()
    {
        Fails("y has shape (2), expected (1)", Run(13, Node("Identity", "x"), ["x"], Floats(1, 2), Floats(1)));
        Fails("y is Bool, expected Float", Run(13, Node("Equal", "x,x"), ["x"], Floats(1), Floats(1)));
    }

    [Fact]
    public void Integers_are_compared_exactly() => Fails("is 10000, expected 10001",
        Run(13, Node("Identity", "x"), ["x"], Whole(10000), Whole(10001)));

    [Fact]
    public void Integers_wrap_to_their_type()
    {
        Passes(Of("Add", ElementType.UInt8, 200, 100, 44));
        Passes(Of("Mul", ElementType.Int8, 100, 2, -56));
        Passes(Of("Div", ElementType.Int32, -7, 2, -3));

        static Outcome Of(string op, ElementType type, int a, int b, int y) =>
            Run(14, Node(op, "a,b"), ["a", "b"], Whole(type, a), Whole(type, b), Whole(type, y));
    }

    [Fact]
    public void Integers_beyond_32_bits_are_not_supported() => IsNotSupported("the Int64 4294967296: integers are held in 32 bits",
        Run(14, Node("Mul", "a,a"), ["a"], Whole(65536), Whole(0)));

    [Fact]
    public void Below_version_7_the_second_operand_may_begin_at_an_axis()
    {
        var x = new OnnxValue(Tensor.Zeros([2, 3], DType.F64), ElementType.Float);
        var sum = new OnnxValue(Tensor.Of([1, 1, 1, 2, 2, 2], [2, 3], DType.F64), ElementType.Float);
        var attributes = Attribute("broadcast", "int", "1") + "," + Attribute("axis", "int", "0");
        Passes(Run(6, Node("Add", "x,b", attributes), ["x", "b"], x, Floats(1, 2), sum));
    }

    [Fact]
    public void Half_precision_is_compared_at_its_own() => Passes(Run(13, Node("Identity", "x"), ["x"],
        Floats(1), new(Tensor.Of([1 + 1.0 / (1 << 9)], [1], DType.F64), ElementType.BFloat16)));

    [Fact]
    public void The_gradient_of_a_graph_is_taken()
    {
        var attributes = Attribute("xs", "strings", "[\"x\"]") + "," + Attribute("y", "string", "\"square\"");
        var gradient = Node("Gradient", "x", attributes, domain: "ai.onnx.preview.training");
        Passes(Run(13, $"{Node("Mul", "x,x", output: "square")},{gradient}", ["x"], Floats(1, 3), Floats(2, 6)));
    }
}
