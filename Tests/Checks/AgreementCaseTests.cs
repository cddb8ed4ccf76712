using Xunit;

namespace NanoAttention.Tests;

/// <summary>What listing a case buys: precisions, a fused op and its composed twin, and all layouts in memory agree.</summary>
public class AgreementCaseTests : IClassFixture<Guarded>
{
    public static TheoryData<string> Names => Cases.Names;

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
