using Xunit;

namespace NanoAttention.Tests;

/// <summary>What listing a case buys. Adding an op or a layer needs no test beyond its cases.</summary>
public class CaseTests
{
    public static TheoryData<string> Names => Cases.Names;

    [Theory, MemberData(nameof(Names))]
    public void Gradients_of_both_orders_match_central_differences(string name)
    {
        var row = CaseCheck.Run(Cases.Of(name));
        Assert.True(row.Passed, row.Failure);
    }

    [Theory, MemberData(nameof(Names))]
    public void Gradients_match_at_other_magnitudes(string name)
    {
        var example = Cases.Of(name);
        foreach (double magnitude in new[] { 1e-3, 1e3 })
        {
            var sample = CaseSample.Draw(example, DType.F64, magnitude: magnitude);
            if (!Measurable(sample)) continue;
            GradCheck.Run(() => sample.Apply(), sample.Leaves, sample.Names, coordinates: 20).ThrowIfFailed();
        }
    }

    // exp 2000 is not: it overflows; 1e-6 x + 1000 is not: rounding inside drowns what x does
    static bool Measurable(CaseSample sample)
    {
        var y = sample.Apply();
        double[] values = y.ToDoubles();
        if (!values.All(v => Math.Abs(v) < 1e12)) return false;
        if (!y.RequiresGrad) return true;
        var weights = Rounding.Weights(y, 5);
        var s = (y * weights).Sum();
        var g = Reverse.Gradients(s, sample.Leaves, retainGraph: true);
        double ends = s.Detach().Abs().Item() + (y.Detach() * weights).Abs().Sum().Item();
        for (int i = 0; i < g.Length; i++)
            if (g[i] is { } slope) ends += (slope * sample.Leaves[i].Detach()).Abs().Sum().Item();
        return Rounding.Sensitivity(s) < 100 * ends;
    }

    [Theory, MemberData(nameof(Names))]
    public void F32_agrees_with_F64_within_rounding(string name)
    {
        var example = Cases.Of(name);
        Assert.InRange(Rounding.Ratio(CaseSample.Draw(example, DType.F64), CaseSample.Draw(example, DType.F32), Rounding.F32), 0, 1);
    }

    [Theory, MemberData(nameof(Names))]
    public void The_composed_twin_agrees(string name)
    {
        if (Cases.Of(name) is not { Twin: { } twin } example) return;
        var sample = CaseSample.Draw(example, DType.F64);
        using var _ = Defaults.With(DType.F64);
        Compare(sample.Apply(), twin(sample.Inputs), sample.Leaves, 1e-13, "fused and composed");
    }

    [Theory, MemberData(nameof(NamesAndLayouts))]
    public void Views_of_other_layouts_give_the_same(string name, string layout)
    {
        var sample = CaseSample.Draw(Cases.Of(name), DType.F64);
        var (bases, views) = Viewed(sample, layout);
        Tensor[] leaves = [.. bases.Where(x => x.DType.IsFloat), .. sample.Parameters];
        // equal numbers have no variance: LayerNorm divides by √ε there, and what it makes so large cancels
        Compare(sample.Apply([.. views.Select(v => v.Clone())]), sample.Apply(views), leaves, layout == "stride 0" ? 1e-11 : 1e-12, layout);
    }

    // Leaves, and views of them with the sample's shapes; the values are the sample's, but for stride 0.
    static (Tensor[] Bases, Tensor[] Views) Viewed(CaseSample sample, string layout)
    {
        var bases = new List<Tensor>();
        var views = new List<Tensor>();
        foreach (var x in sample.Inputs)
        {
            var (made, view) = layout switch
            {
                "permuted" => Permuted(x),
                "sliced" => Sliced(x),
                _ => Stretched(x),
            };
            bases.Add(made);
            views.Add(view(made));
        }
        return ([.. bases], [.. views]);
    }

    static (Tensor, Func<Tensor, Tensor>) Permuted(Tensor x)
    {
        int[] order = [.. Enumerable.Range(0, x.Rank).Reverse()];
        return (Leaf(x.Detach().Permute(order).Clone()), b => b.Permute(order));
    }

    // Two more numbers before and one behind along every axis, every second one taken.
    static (Tensor, Func<Tensor, Tensor>) Sliced(Tensor x)
    {
        var wide = Tensor.Full([.. x.Shape.Sizes.ToArray().Select(n => 2 * n + 3)], 0, x.DType);
        Tensor View(Tensor b)
        {
            for (int axis = 0; axis < x.Rank; axis++) b = b.Slice(axis, 2, x.Shape[axis], 2);
            return b;
        }
        x.Device.Copy(x.Detach(), View(wide));
        return (Leaf(wide), View);
    }

    static (Tensor, Func<Tensor, Tensor>) Stretched(Tensor x)
    {
        var one = x.Detach();
        for (int axis = 0; axis < x.Rank; axis++)
            if (axis % 2 == 0 && x.Shape[axis] > 1) one = one.Slice(axis, 1, 1);
        return (Leaf(one.Clone()), b => b.Expand(x.Shape.Sizes));
    }

    static Tensor Leaf(Tensor x) => x.DType.IsFloat ? x.RequireGrad() : x;

    [Theory, MemberData(nameof(Names))]
    public void Bits_are_the_same_on_every_run_and_with_any_number_of_threads(string name)
    {
        var example = Cases.Of(name);
        var sample = CaseSample.Draw(example.Timed ?? example, DType.F32);
        int threads = Device.Cpu.Threads;
        try
        {
            Device.Cpu.Threads = 1;
            var expected = Results(sample);
            foreach (int count in new[] { 1, 2, 3 })
            {
                Device.Cpu.Threads = count;
                Assert.Equal(expected, Results(sample));
            }
        }
        finally
        {
            Device.Cpu.Threads = threads;
        }

        static byte[] Results(CaseSample sample)
        {
            using var _ = Scope.Begin();
            var y = sample.Apply();
            var results = new List<Tensor> { y };
            if (y.RequiresGrad) results.AddRange(Reverse.Gradients(y, sample.Leaves, Rounding.Weights(y, 5)).OfType<Tensor>());
            return [.. results.SelectMany(r => System.Runtime.InteropServices.MemoryMarshal.AsBytes(r.Detach().ToDoubles().AsSpan()).ToArray())];
        }
    }

    [Theory, MemberData(nameof(Names))]
    public void Other_sizes_work_or_are_refused_by_name(string name)
    {
        var example = Cases.Of(name);
        int[] sizes = [.. example.Inputs.SelectMany(x => x.Shape.Sizes.ToArray()).Where(n => n > 1).Distinct()];
        foreach (int size in sizes)
            foreach (int other in new[] { 0, 1, 19 })        // 19: more than one register of every width, and a rest
            {
                var changed = example with { Inputs = [.. example.Inputs.Select(x => x with { Shape = Shape.Create([.. x.Shape.Sizes.ToArray().Select(n => n == size ? other : n)]) })] };
                var sample = CaseSample.Draw(changed, DType.F64);
                Tensor y;
                try
                {
                    y = sample.Apply();
                }
                catch (IndexOutOfRangeException e) when (e.StackTrace!.Split('\n')[..2].Any(frame => frame.Contains("Cases>")))      // x.Unbind()[2] of two
                {
                    continue;
                }
                catch (ArgumentException refused)
                {
                    Assert.Matches(@"^\w+: ", refused.Message);
                    continue;
                }
                if (other > 0) CheckIfFinite(sample, y);
                else if (y.RequiresGrad) Reverse.Gradients(y, sample.Leaves, Rounding.Weights(y, 5), createGraph: true);
            }

        static void CheckIfFinite(CaseSample sample, Tensor y)
        {
            if (!y.ToDoubles().All(double.IsFinite)) return;            // the variance of one number
            bool op = sample.Parameters.Length == 0;                    // a layer's many parameters: directions say enough
            GradCheck.Run(() => sample.Apply(), sample.Leaves, sample.Names, coordinates: op ? 20 : 2).ThrowIfFailed();
            if (op) GradCheck.Second(() => sample.Apply(), sample.Leaves, sample.Names, coordinates: 4).ThrowIfFailed();
        }
    }

    // Outputs, first and second derivatives.
    static void Compare(Tensor a, Tensor b, Tensor[] leaves, double tolerance, string what)
    {
        Rounding.AssertClose(a, b, tolerance, $"{what}: output");
        if (!a.RequiresGrad) return;
        var weights = Rounding.Weights(a, 5);
        var (da, db) = (Reverse.Gradients(a, leaves, weights, createGraph: true), Reverse.Gradients(b, leaves, weights, createGraph: true));
        var (fa, fb) = (Reverse.Gradients(a, leaves, weights, retainGraph: true), Reverse.Gradients(b, leaves, weights, retainGraph: true));
        for (int i = 0; i < leaves.Length; i++)
        {
            Close(fa[i], fb[i], $"{what}: gradient {i}");
            Close(fa[i], da[i], $"{what}: gradient {i}, recorded");
            Close(da[i], db[i], $"{what}: gradient {i}, both recorded");
        }

        void Close(Tensor? x, Tensor? y, string which)
        {
            if (x is null && y is null) return;
            x ??= Tensor.Zeros(y!.Shape, y.DType);
            Rounding.AssertClose(x, y ?? Tensor.Zeros(x.Shape, x.DType), tolerance, which);
        }
    }

    public static IEnumerable<TheoryDataRow<string, string>> NamesAndLayouts =>
        from name in Cases.Names
        from layout in new[] { "permuted", "sliced", "stride 0" }
        select new TheoryDataRow<string, string>(name.Data, layout);
}
