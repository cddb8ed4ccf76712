using NanoAttention.Tests.Python;

namespace NanoAttention.Tests.Conformance;

/// <summary>x[key] as PyTorch reads and writes it: integers, slices, None, …, and tensors of indices or truth values.</summary>
public static class TorchIndex
{
    public static Tensor Read(Tensor x, object? key)
    {
        object?[] places = key is object?[] several ? several : [key];
        List<(int Axis, Tensor Index)> picked = [];
        int unnamed = x.Rank - places.Sum(Named), axis = 0;
        foreach (var place in places)
            switch (place)
            {
                case Ellipsis: axis += unnamed; break;
                case null: x = x.Unsqueeze(axis++); break;
                case long i: x = x.Select(axis, (int)i); break;
                case Slice slice: x = Range(x, slice, axis++); break;
                case List<object?> list: picked.Add((axis++, Tensor.From([.. list.Select(i => (int)(long)i!)], [list.Count]))); break;
                case Tensor index: foreach (var one in Indices(index)) picked.Add((axis++, one)); break;
                default: throw new NotSupportedByEngineException($"x[{Plain.TypeName(place)}]");
            }
        return picked.Count == 0 ? x : Picked(x, picked);
    }

    /// <summary>x with values where x[indices] reads, or with them added there.</summary>
    public static Tensor Write(Tensor x, object? indices, Tensor values, bool accumulate)
    {
        Tensor[] given = [.. ((IReadOnlyList<object?>)indices!).SelectMany(i => Indices((Tensor)i!))];
        var tuples = Tuples(given);
        return x.ScatterNd(tuples, values.Expand([.. tuples.Shape.Sizes[..^1], .. x.Shape.Sizes[given.Length..]]), accumulate ? ScatterReduction.Sum : ScatterReduction.None);
    }

    static int Named(object? place) => place switch { null or Ellipsis => 0, Tensor { DType: DType.Bool } mask => mask.Rank, _ => 1 };

    /// <summary>A mask stands for the places where it is true.</summary>
    static Tensor[] Indices(Tensor index) => index.DType == DType.Bool ? index.NonZero().Unbind(1) : [index];

    /// <summary>The indices stretched to one shape, side by side along a last axis.</summary>
    static Tensor Tuples(IReadOnlyList<Tensor> indices)
    {
        var shape = indices.Aggregate(Shape.Create(), (s, i) => Shape.Broadcast(s, i.Shape));
        return Tensor.Stack([.. indices.Select(i => i.Expand(shape.Sizes))], -1);
    }

    /// <summary>The indices' axes take the place of those that they name, if these are neighbours, else they come first.</summary>
    static Tensor Picked(Tensor x, List<(int Axis, Tensor Index)> picked)
    {
        int[] axes = [.. picked.Select(p => p.Axis)];
        var tuples = Tuples([.. picked.Select(p => p.Index)]);
        var y = x.Permute([.. axes, .. Enumerable.Range(0, x.Rank).Except(axes)]).GatherNd(tuples);
        int many = tuples.Rank - 1, before = axes[^1] - axes[0] == axes.Length - 1 ? axes[0] : 0;
        return y.Permute([.. Enumerable.Range(many, before), .. Enumerable.Range(0, many), .. Enumerable.Range(many + before, y.Rank - many - before)]);
    }

    /// <summary>start:stop:step of an axis; bounds beyond it are clipped.</summary>
    static Tensor Range(Tensor x, Slice slice, int axis)
    {
        int[] positions = [.. Plain.Positions(slice, x.Shape[axis])];
        return x.Slice(axis, positions is [var first, ..] ? first : 0, positions.Length, (int)(slice.Step ?? 1));
    }
}
