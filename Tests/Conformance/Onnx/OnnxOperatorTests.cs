using System.Text.Json;
using NanoAttention.Tests.Conformance;
using Xunit;

namespace NanoAttention.Tests;

/// <summary>What ONNX's specification says of operators, on examples small enough to be seen at once.</summary>
public sealed class OnnxOperatorTests
{
    static OnnxValue Floats(Shape shape, params double[] values) => new(Tensor.Of(values, shape, DType.F64), ElementType.Float);

    static OnnxValue Counted(params int[] sizes) =>
        new(Tensor.Arange(Shape.Create(sizes).Count, DType.F64).Reshape(sizes), ElementType.Float);

    static OnnxValue Whole(params int[] values) => new(Tensor.From(values, [values.Length]), ElementType.Int64);

    static OnnxValue Drawn(ulong seed, params int[] sizes)
    {
        using var _ = Defaults.With(DType.F64, seed: seed);
        return new(Tensor.Normal(Shape.Create(sizes)), ElementType.Float);
    }

    static Tensor[] Run(string op, int opset, string attributes, int outputs, params OnnxValue?[] inputs)
    {
        using var _ = Defaults.With(DType.F64, Device.Cpu);
        using var document = JsonDocument.Parse("{" + attributes.Replace('\'', '"') + "}");
        var given = document.RootElement.EnumerateObject()
            .ToDictionary(a => a.Name, a => JsonSerializer.SerializeToElement(new { value = a.Value }));
        string[] names = [.. Enumerable.Range(0, outputs).Select(i => $"y{i}")];
        var node = new OnnxNode(op, opset, inputs, names, given, key => throw new KeyNotFoundException(key));
        return [.. node.Run(OnnxOperators.Find(op, "")).Take(outputs).Select(y => y!.Tensor)];
    }

    static double[] One(string op, int opset, string attributes, params OnnxValue?[] inputs) =>
        Run(op, opset, attributes, 1, inputs)[0].ToDoubles();

    [Fact]
    public void Powers_of_integers_are_exact()
    {
        int[] a = [3, 10, 2, 46340, -7, .. Enumerable.Range(0, 21 * 8).Select(i => i / 8 - 10)];
        int[] b = [19, 9, 30, 2, 11, .. Enumerable.Range(0, 21 * 8).Select(i => i % 8)];
        Assert.Equal(a.Zip(b, (x, p) => Math.Pow(x, p)), One("Pow", 15, "", Whole(a), Whole(b)));
    }

    [Fact]
    public void A_range_the_other_way_is_empty() => Assert.Empty(One("Range", 11, "", Floats([], 3), Floats([], 1), Floats([], 1)));

    [Fact]
    public void A_slice_ends_where_the_axis_does()
    {
        var x = Floats([4], 0, 1, 2, 3);
        Assert.Equal([2, 3], One("Slice", 13, "", x, Whole(2), Whole(int.MaxValue)));
        Assert.Equal([3, 1], One("Slice", 13, "", x, Whole(9), Whole(int.MinValue), Whole(0), Whole(-2)));
        Assert.Empty(One("Slice", 13, "", x, Whole(3), Whole(1)));
        Assert.Equal([1, 2], One("Slice", 1, "'starts':[1],'ends':[-1]", x));
    }

    [Fact]
    public void Parts_may_be_unequal() =>
        Assert.Equal([3, 3, 1], Run("Split", 18, "'num_outputs':3", 3, Counted(7)).Select(y => y.Count));

    [Fact]
    public void Indices_of_a_pool_count_over_the_whole_tensor_by_rows_or_columns()
    {
        var x = Counted(1, 2, 2, 3);
        Assert.Equal([4, 5, 10, 11], Run("MaxPool", 22, "'kernel_shape':[2,2]", 2, x)[1].ToDoubles());
        Assert.Equal([3, 5, 9, 11], Run("MaxPool", 22, "'kernel_shape':[2,2],'storage_order':1", 2, x)[1].ToDoubles());
    }

    [Fact]
    public void A_transposed_convolution_is_cut_where_its_padding_says()
    {
        var (x, w) = (Floats([1, 1, 2], 1, 10), Floats([1, 1, 3], 1, 2, 3));                    // full: 1 12 23 30
        Assert.Equal([1, 12, 23, 30], One("ConvTranspose", 22, "", x, w));
        Assert.Equal([12, 23], One("ConvTranspose", 22, "'auto_pad':'SAME_UPPER'", x, w));
        Assert.Equal([1, 12, 23], One("ConvTranspose", 22, "'auto_pad':'SAME_UPPER','output_shape':[3]", x, w));
        Assert.Equal([12, 23, 30], One("ConvTranspose", 22, "'output_shape':[3]", x, w));
        Assert.Equal([1, 12, 23, 30, 0], One("ConvTranspose", 22, "'output_shape':[5]", x, w));
        Assert.Equal([0, 1, 12, 23, 30], One("ConvTranspose", 22, "'auto_pad':'SAME_UPPER','output_shape':[5]", x, w));
        Assert.Equal([112, 123, 130], One("ConvTranspose", 22, "'pads':[1,0]", x, w, Floats([1], 100)));
    }

    [Fact]
    public void Before_version_21_group_normalisation_has_a_scale_for_each_group()
    {
        var x = Floats([1, 4, 1], 0, 2, 4, 8);
        double[] y = One("GroupNormalization", 18, "'num_groups':2,'epsilon':0", x, Floats([2], 1, 10), Floats([2], 0, 5));
        Assert.Equal([-1, 1, -5, 15], y);
    }

    [Fact]
    public void A_cache_is_written_round_its_end()
    {
        var cache = Floats([1, 3, 1], 0, 0, 0);
        Assert.Equal([2, 0, 1], One("TensorScatter", 24, "'mode':'circular'", cache, Floats([1, 2, 1], 1, 2), Whole(2)));
        Assert.Equal([1, 2, 0], One("TensorScatter", 24, "", cache, Floats([1, 2, 1], 1, 2)));
    }

    [Fact]
    public void Sequences_are_reversed_up_to_their_lengths() =>
        Assert.Equal([1, 0, 2, 5, 4, 3], One("ReverseSequence", 10, "'batch_axis':0,'time_axis':1", Counted(2, 3), Whole(2, 3)));

    [Fact]
    public void One_hot_counts_from_the_end_and_leaves_what_is_outside_off() =>
        Assert.Equal([5, 9, 5, 5, 5, 9, 5, 5, 5], One("OneHot", 11, "", Whole(1, -1, 3), Whole(3), Floats([2], 5, 9)));

    [Fact]
    public void Nothing_reduces_to_what_changes_nothing()
    {
        var none = Counted(2, 0);
        Assert.Equal([double.NegativeInfinity, double.NegativeInfinity], One("ReduceMax", 20, "'keepdims':0", none, Whole(1)));
        Assert.Equal([double.NegativeInfinity, double.NegativeInfinity], One("ReduceLogSumExp", 18, "", none, Whole(-1)));
        Assert.Equal([1.0, 1], One("ReduceProd", 18, "", none, Whole(1)));
        Assert.Empty(One("ReduceSum", 13, "", none, Whole(0)));
        Assert.Empty(One("ReduceMin", 20, "", Counted(2, 0, 3), Whole(2)));
    }

    [Fact]
    public void Numbers_are_repeated_to_a_larger_size() =>
        Assert.Equal([1, 1, 2, 2], One("Upsample", 9, "'mode':'nearest'", Floats([1, 2], 1, 2), Floats([2], 1, 2)));

    [Fact]
    public void A_batch_moves_the_running_statistics()
    {
        var x = Floats([2, 1], 1, 5);
        OnnxValue one = Floats([1], 1), none = Floats([1], 0);
        var y = Run("BatchNormalization", 15, "'training_mode':1,'momentum':0.75,'epsilon':0", 3, x, one, none, none, one);
        Assert.Equal([-1, 1], y[0].ToDoubles());
        Assert.Equal((0.75, 1.75), (y[1].Item(), y[2].Item()));
        Assert.Equal([1.0, 5], One("BatchNormalization", 6, "'is_test':1,'epsilon':0", x, one, none, none, one));
    }

    [Theory]
    [InlineData("Float16", 1e5, double.PositiveInfinity)]
    [InlineData("BFloat16", 1.00390625, 1.0)]                   // a tie, to the even one
    [InlineData("BFloat16", 1.01171875, 1.015625)]
    [InlineData("Int8", 200.9, -56.0)]
    [InlineData("UInt8", -1.0, 255.0)]
    [InlineData("Int32", -2.9, -2.0)]
    [InlineData("Bool", -0.5, 1.0)]
    public void A_number_becomes_one_of_its_type(string type, double from, double to) => Assert.Equal(to, Enum.Parse<ElementType>(type).Nearest(from));

    [Fact]
    public void A_convolution_of_one_step_has_an_empty_state()
    {
        var y = Run("CausalConvWithState", 27, "", 2, Floats([1, 1, 2], 1, 2), Floats([1, 1, 1], 3), Floats([1], 1));
        Assert.Equal([4, 7], y[0].ToDoubles());
        Assert.Equal(Shape.Create(1, 1, 0), y[1].Shape);
    }

    [Fact]
    public void A_linear_attention_forgets_by_head_and_corrects_what_it_holds()
    {
        // one head of one number: S ← e^g S, then S ← S + k β (v − k S), y = q S
        OnnxValue q = Floats([1, 2, 1], 1, 10), k = Floats([1, 2, 1], 1, 2), v = Floats([1, 2, 1], 3, 4), past = Floats([1, 1, 1, 1], 8);
        OnnxValue decay = Floats([1, 2, 1], Math.Log(0.5), 0), beta = Floats([1, 2, 1], 1, 0.5);
        var y = Run("LinearAttention", 27, "'q_num_heads':1,'kv_num_heads':1,'scale':1", 2, q, k, v, past, decay, beta);
        double first = 4 + 1 * 1 * (3 - 1 * 4), second = first + 2 * 0.5 * (4 - 2 * first);
        Rounding.AssertClose(Tensor.Of([first, 10 * second], [1, 2, 1], DType.F64), y[0], 1e-15, "output");
        Assert.Equal(second, y[1].Item(), 1e-14);
    }

    [Fact]
    public void A_shape_may_hold_nothing() => Assert.Empty(One("ConstantOfShape", 25, "", Whole(0)));

    [Fact]
    public void A_window_hides_the_keys_outside_it()
    {
        OnnxValue q = Drawn(1, 1, 2, 3, 4), k = Drawn(2, 1, 2, 5, 4), v = Drawn(3, 1, 2, 5, 4), past = Drawn(4, 1, 2, 2, 4);
        bool[] seen = new bool[3 * 7];
        for (int i = 0; i < 3; i++)
            for (int j = 0; j < 7; j++) seen[i * 7 + j] = j <= i + 2 + 1 && j >= i + 2 - 2;     // queries stand behind the past
        var mask = new OnnxValue(Tensor.From(seen, [3, 7]), ElementType.Bool);
        double[] windowed = One("Attention", 26, "'left_window_size':2,'right_window_size':1", q, k, v, null, past, past);
        Assert.Equal(One("Attention", 26, "", q, k, v, mask, past, past), windowed);
    }

    [Theory]
    [InlineData("RNN", 1, "'activations':['Tanh','Tanh']")]
    [InlineData("GRU", 3, "'linear_before_reset':1,'activations':['Sigmoid','Tanh','Sigmoid','Tanh']")]
    [InlineData("LSTM", 4, "'activations':['Sigmoid','Tanh','Tanh','Sigmoid','Tanh','Tanh']")]
    public void Layers_compute_what_their_operators_compose(string op, int gates, string activations)
    {
        const int hidden = 3, batch = 2;
        OnnxValue x = Drawn(1, 4, batch, 2), w = Drawn(2, 2, gates * hidden, 2), r = Drawn(3, 2, gates * hidden, hidden);
        OnnxValue?[] inputs = [x, w, r, Drawn(4, 2, 2 * gates * hidden), Whole(4, 2), Drawn(5, 2, batch, hidden),
            .. op == "LSTM" ? (OnnxValue[])[Drawn(6, 2, batch, hidden)] : []];
        int outputs = op == "LSTM" ? 3 : 2;
        var layered = Run(op, 22, "'direction':'bidirectional'" + (op == "GRU" ? ",'linear_before_reset':1" : ""), outputs, inputs);
        var composed = Run(op, 22, $"'direction':'bidirectional',{activations}", outputs, inputs);
        for (int i = 0; i < outputs; i++) Rounding.AssertClose(layered[i], composed[i], 1e-14, $"{op} output {i}");
    }

    [Fact]
    public void A_reversed_network_reads_from_the_end()
    {
        OnnxValue x = Drawn(1, 4, 1, 2), w = Drawn(2, 1, 12, 2), r = Drawn(3, 1, 12, 3), b = Drawn(4, 1, 24);
        var reversed = new OnnxValue(x.Tensor.Flip(0), ElementType.Float);
        var forward = Run("LSTM", 22, "'hidden_size':3", 3, reversed, w, r, b);
        var backward = Run("LSTM", 22, "'hidden_size':3,'direction':'reverse'", 3, x, w, r, b);
        Rounding.AssertClose(forward[0].Flip(0), backward[0], 1e-14, "outputs");
        Rounding.AssertClose(forward[2], backward[2], 1e-14, "cells");
    }

    [Fact]
    public void A_cell_looks_through_its_peepholes()
    {
        // one number: every gate sees its peephole alone, i and f the old cell, o the new one
        OnnxValue zeros = Floats([1, 4, 1], 0, 0, 0, 0), x = Floats([1, 1, 1], 0), c = Floats([1, 1, 1], 2), p = Floats([1, 3], 0.5, -0.25, 1);
        var y = Run("LSTM", 22, "'hidden_size':1", 3, x, zeros, zeros, null, null, null, c, p);
        double cell = Sigmoid(2) * 2;
        Assert.Equal(cell, y[2].Item(), 1e-15);
        Assert.Equal(Sigmoid(-0.25 * cell) * Math.Tanh(cell), y[1].Item(), 1e-15);

        static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));
    }

    [Fact]
    public void Every_parameter_takes_a_step_of_its_own()
    {
        OnnxValue[] inputs = [Floats([], 0.5), new(Tensor.From<int>([0], []), ElementType.Int64),
            Floats([1], 1), Floats([1], 2), Floats([1], 4), Floats([1], 8), Floats([1], 0), Floats([1], 1)];
        double[] y = [.. Run("Momentum", 1, "'alpha':0.5,'beta':9,'norm_coefficient':0,'mode':'standard'", 4, inputs).Select(t => t.Item())];
        Assert.Equal([1 - 0.5 * 4, 2 - 0.5 * 8.5, 4, 8.5], y);
    }
}
