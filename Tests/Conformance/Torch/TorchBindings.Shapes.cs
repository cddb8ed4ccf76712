using NanoAttention.Tests.Python;

namespace NanoAttention.Tests.Conformance;

public static partial class TorchBindings
{
    static (string Signature, Func<Arguments, object?> Body)[] Shapes =>
    [
        ("reshape(input, *shape)", a => a.Input().Reshape(a.Ints("shape"))),
        ("view(input, *shape)", a => a.Input().Reshape(a.Ints("shape"))),
        ("flatten(input, start_dim=0, end_dim=-1)", a => a.Input().Rank == 0 ? a.Input().Reshape(1) : a.Input().Flatten(a.Int("start_dim"), a.Int("end_dim"))),
        ("unflatten(input, dim, sizes)", a => Unflatten(a.Input(), a.Input().Shape.Axis(a.Int("dim")), a.Ints("sizes"))),
        ("transpose(input, dim0, dim1)", a => a.Input().Transpose(a.Int("dim0"), a.Int("dim1"))),
        ("swapaxes(input, axis0, axis1)", a => a.Input().Transpose(a.Int("axis0"), a.Int("axis1"))),
        ("t(input)", a => a.Input().Rank < 2 ? a.Input() : a.Input().Transpose()),
        ("permute(input, *dims)", a => a.Input().Permute(a.Ints("dims"))),
        ("swapdims(input, dim0, dim1)", a => a.Input().Transpose(a.Int("dim0"), a.Int("dim1"))),
        ("movedim(input, source, destination)", a => MoveAxes(a.Input(), a.Ints("source"), a.Ints("destination"))),
        ("moveaxis(input, source, destination)", a => MoveAxes(a.Input(), a.Ints("source"), a.Ints("destination"))),
        ("view_as(input, other)", a => a.Input().Reshape(a.Tensor("other").Shape.Sizes)),
        ("reshape_as(input, other)", a => a.Input().Reshape(a.Tensor("other").Shape.Sizes)),
        ("squeeze(input, dim=None)", Squeeze),
        ("unsqueeze(input, dim)", a => a.Input().Unsqueeze(a.Int("dim"))),
        ("expand(input, *size)", a => a.Input().Expand(a.Ints("size"))),
        ("expand_as(input, other)", a => a.Input().Expand(a.Tensor("other").Shape.Sizes)),
        ("contiguous(input)", a => a.Input().Contiguous()),
        ("narrow(input, dim, start, length)", a => a.Input().Slice(a.Int("dim"), a.Int("start"), a.Int("length"))),
        ("select(input, dim, index)", a => a.Input().Select(a.Int("dim"), a.Int("index"))),
        ("index_select(input, dim, index)", a => a.Input().IndexSelect(a.Int("dim"), a.Tensor("index"))),
        ("cat(tensors, dim=0)", a => NanoAttention.Tensor.Concat([.. a.Tensors("tensors").Where((x, _) => x.Rank > 1 || x.Count > 0 || a.Tensors("tensors").All(t => t.Rank == 1))], a.Int("dim"))),
        ("stack(tensors, dim=0)", a => NanoAttention.Tensor.Stack(a.Tensors("tensors"), a.Int("dim"))),
        ("split(input, split_size_or_sections, dim=0)", a => Split(a, a.Ints("split_size_or_sections"))),
        ("chunk(input, chunks, dim=0)", a => Split(a, [(a.Input().Shape[a.Input().Shape.Axis(a.Int("dim"))] + a.Int("chunks") - 1) / a.Int("chunks")])),
        ("unbind(input, dim=0)", a => a.Input().Unbind(a.Int("dim"))),
        ("size(input, dim=None)", a => a.IntOrNone("dim") is { } axis ? (long)a.Input().Shape[a.Input().Shape.Axis(axis)] : Attributes["shape"](a.Input())),
        ("zeros(*size, dtype=None)", a => NanoAttention.Tensor.Zeros([.. a.Ints("size")], a.Type())),
        ("ones(*size, dtype=None)", a => NanoAttention.Tensor.Ones([.. a.Ints("size")], a.Type())),
        ("zeros_like(input, dtype=None)", a => NanoAttention.Tensor.Zeros(a.Input().Shape, a.OwnType())),
        ("ones_like(input, dtype=None)", a => NanoAttention.Tensor.Ones(a.Input().Shape, a.OwnType())),
        ("new_zeros(input, *size, dtype=None)", a => NanoAttention.Tensor.Zeros([.. a.Ints("size")], a.OwnType())),
        ("new_ones(input, *size, dtype=None)", a => NanoAttention.Tensor.Ones([.. a.Ints("size")], a.OwnType())),
        ("new_full(input, size, fill_value, dtype=None)", a => NanoAttention.Tensor.Full([.. a.Ints("size")], a.Float("fill_value"), a.OwnType())),
        ("full(size, fill_value, dtype=None)", a => NanoAttention.Tensor.Full([.. a.Ints("size")], a.Float("fill_value"), a.Type())),
        ("empty_like(input, dtype=None)", a => NanoAttention.Tensor.Zeros(a.Input().Shape, a.OwnType())),
        ("full_like(input, fill_value, dtype=None)", a => NanoAttention.Tensor.Full(a.Input().Shape, a.Float("fill_value"), a.OwnType())),
        ("eye(n, m=None, dtype=None)", a => NanoAttention.Tensor.Eye(a.Int("n"), a.IntOrNone("m") ?? a.Int("n"), a.Type())),
        ("arange(*bounds, dtype=None)", Arange),
        ("linspace(start, end, steps, dtype=None)", Linspace),
        ("repeat(input, *repeats)", a => a.Input().Tile(a.Ints("repeats"))),
        ("tile(input, *dims)", a => a.Input().Tile(a.Ints("dims"))),
        ("repeat_interleave(input, repeats, dim=None)", RepeatInterleave),
        ("roll(input, shifts, dims=None)", Roll),
        ("flip(input, *dims)", a => a.Ints("dims") is { Length: > 0 } axes ? a.Input().Flip(axes) : a.Input()),
        ("fliplr(input)", a => a.Input().Flip(1)),
        ("flipud(input)", a => a.Input().Flip(0)),
        ("rot90(input, k=1, dims=(0, 1))", Rotate),
        ("diagonal(input, offset=0, dim1=0, dim2=1)", a => a.Input().Diagonal(a.Int("offset"), a.Int("dim1"), a.Int("dim2"))),
        ("diag(input, diagonal=0)", a => a.Input().Rank == 1 ? a.Input().DiagonalEmbed(a.Int("diagonal")) : a.Input().Diagonal(a.Int("diagonal"))),
        ("diag_embed(input, offset=0, dim1=-2, dim2=-1)", DiagonalEmbed),
        ("tril(input, diagonal=0)", a => a.Input().Tril(a.Int("diagonal"))),
        ("triu(input, diagonal=0)", a => a.Input().Triu(a.Int("diagonal"))),
        ("x.unfold(input, dimension, size, step)", a => a.Input().Unfold(a.Int("dimension"), a.Int("size"), a.Int("step"))),
        ("meshgrid(*tensors, indexing='ij')", MeshGrid),
        ("broadcast_tensors(*tensors)", BroadcastTensors),
        ("cartesian_prod(*tensors)", a => a.Tensors("tensors") is [var only] ? only
            : NanoAttention.Tensor.Stack([.. NanoAttention.Tensor.MeshGrid(a.Tensors("tensors")).Select(g => g.Reshape(g.Count))], -1)),
        ("block_diag(*tensors)", BlockDiagonal),
        ("tensor_split(input, indices_or_sections, dim=0)", a => TensorSplit(a, a.Int("dim"))),
        ("hsplit(input, indices_or_sections)", a => TensorSplit(a, a.Input().Rank > 1 ? 1 : 0)),
        ("vsplit(input, indices_or_sections)", a => TensorSplit(a, 0)),
        ("dsplit(input, indices_or_sections)", a => TensorSplit(a, 2)),
        ("broadcast_to(input, *size)", a => a.Input().Expand(a.Ints("size"))),
        ("ravel(input)", a => a.Input().Reshape(a.Input().Count)),
        ("hstack(tensors)", a => NanoAttention.Tensor.Concat(a.Tensors("tensors"), a.Tensors("tensors")[0].Rank > 1 ? 1 : 0)),
        ("vstack(tensors)", a => NanoAttention.Tensor.Concat([.. a.Tensors("tensors").Select(x => x.Rank > 1 ? x : x.Reshape(1, x.Count))])),
        ("column_stack(tensors)", a => NanoAttention.Tensor.Concat([.. a.Tensors("tensors").Select(x => x.Rank > 1 ? x : x.Reshape(x.Count, 1))], 1)),
        ("dstack(tensors)", a => NanoAttention.Tensor.Concat([.. a.Tensors("tensors").Select(x => x.Rank > 2 ? x : (x.Rank > 1 ? x : x.Reshape(1, x.Count)).Unsqueeze(2))], 2)),
        ("pad(input, pad, mode='constant', value=None)", Pad),
    ];

    public static Tensor MoveAxis(Tensor x, int from, int to)
    {
        List<int> order = [.. Enumerable.Range(0, x.Rank)];
        order.RemoveAt(x.Shape.Axis(from));
        order.Insert(x.Shape.Axis(to), x.Shape.Axis(from));
        return x.Permute([.. order]);
    }

    /// <summary>The named axes at the given places, the others in order.</summary>
    static Tensor MoveAxes(Tensor x, int[] from, int[] to)
    {
        int[] moved = [.. from.Select(axis => x.Shape.Axis(axis))];
        List<int> order = [.. Enumerable.Range(0, x.Rank).Except(moved)];
        foreach (var (place, axis) in to.Select(axis => x.Shape.Axis(axis)).Zip(moved).Order()) order.Insert(place, axis);
        return x.Permute([.. order]);
    }

    static Tensor Unflatten(Tensor x, int axis, int[] sizes) => x.Reshape([.. x.Shape.Sizes[..axis], .. sizes, .. x.Shape.Sizes[(axis + 1)..]]);

    /// <summary>Without the named axis, or all, of size 1; another size stays.</summary>
    static Tensor Squeeze(Arguments a)
    {
        var x = a.Input();
        int? only = a.IntOrNone("dim") is { } axis ? x.Shape.Axis(axis) : null;
        for (int i = x.Rank - 1; i >= 0; i--)
            if (x.Shape[i] == 1 && (only ?? i) == i) x = x.Squeeze(i);
        return x;
    }

    /// <summary>Parts of the given sizes; one size stands for as many as there are, the last one smaller.</summary>
    static Tensor[] Split(Arguments a, int[] sizes)
    {
        int axis = a.Input().Shape.Axis(a.Int("dim")), whole = a.Input().Shape[axis];
        if (sizes is [var size]) sizes = [.. Enumerable.Range(0, (whole + size - 1) / size).Select(i => Math.Min(size, whole - i * size))];
        return a.Input().Split(sizes, axis);
    }

    static DType? Type(this Arguments a) => (DType?)a["dtype"];

    /// <summary>The type asked for, or the input's.</summary>
    static DType OwnType(this Arguments a) => a.Type() ?? a.Input().DType;

    /// <summary>From 0, or a start, to an end in steps: integers where all three are.</summary>
    static Tensor Arange(Arguments a)
    {
        var bounds = (IReadOnlyList<object?>)a["bounds"]!;
        double[] given = [.. bounds.Select(b => Convert.ToDouble(b))];
        var (start, end, step) = given switch { [var only] => (0, only, 1), [var first, var second] => (first, second, 1), _ => (given[0], given[1], given[2]) };
        return NanoAttention.Tensor.Arange(start, end, step, a.Type() ?? (bounds.All(b => b is long) ? DType.I32 : Defaults.DType));
    }

    static Tensor Linspace(Arguments a)
    {
        double start = a.Float("start"), end = a.Float("end");
        int steps = a.Int("steps");
        return NanoAttention.Tensor.Of([.. Enumerable.Range(0, steps).Select(i => steps == 1 ? start : start + (end - start) * i / (steps - 1))], [steps], a.Type());
    }

    static Tensor RepeatInterleave(Arguments a)
    {
        var x = a.Has("dim") ? a.Input() : a.Input().Reshape(a.Input().Count);
        int axis = a.IntOrNone("dim") ?? 0;
        return a["repeats"] is not Tensor counts ? x.RepeatInterleave(a.Int("repeats"), axis)
            : x.RepeatInterleave(counts.Count == 1 ? counts.Reshape(1).Expand(x.Shape[x.Shape.Axis(axis)]) : counts, axis);
    }

    static Tensor Roll(Arguments a)
    {
        var x = a.Input();
        int[] shifts = a.Ints("shifts");
        if (a.IntsOrNone("dims") is not { Length: > 0 } axes) return x.Reshape(x.Count).Roll(shifts[0], 0).Reshape(x.Shape.Sizes);
        foreach (var (shift, axis) in shifts.Zip(axes)) x = x.Roll(shift, axis);
        return x;
    }

    /// <summary>k quarter turns from the first axis to the second.</summary>
    static Tensor Rotate(Arguments a)
    {
        int[] axes = a.Ints("dims");
        var x = a.Input();
        for (int turns = (a.Int("k") % 4 + 4) % 4; turns > 0; turns--) x = x.Flip(axes[1]).Transpose(axes[0], axes[1]);
        return x;
    }

    static Tensor DiagonalEmbed(Arguments a)
    {
        var y = a.Input().DiagonalEmbed(a.Int("offset"));
        int first = y.Shape.Axis(a.Int("dim1")), second = y.Shape.Axis(a.Int("dim2"));
        List<int> order = [.. Enumerable.Range(0, y.Rank - 2)];
        foreach (var (place, axis) in new[] { (first, y.Rank - 2), (second, y.Rank - 1) }.Order()) order.Insert(place, axis);
        return y.Permute([.. order]);
    }

    static Tensor[] BroadcastTensors(Arguments a)
    {
        var shape = a.Tensors("tensors").Aggregate(Shape.Create(), (s, x) => Shape.Broadcast(s, x.Shape));
        return [.. a.Tensors("tensors").Select(x => x.Expand(shape.Sizes))];
    }

    /// <summary>Matrices along a diagonal, 0 elsewhere.</summary>
    static Tensor BlockDiagonal(Arguments a)
    {
        Tensor[] blocks = [.. a.Tensors("tensors").Select(x => x.Rank == 2 ? x : x.Reshape(1, x.Count))];
        int columns = blocks.Sum(x => x.Shape[1]), before = 0;
        return NanoAttention.Tensor.Concat([.. blocks.Select(x => x.Pad(1, before, columns - (before += x.Shape[1])))]);
    }

    /// <summary>At the given places, or into so many parts, the first ones larger by one where they are not equal.</summary>
    static Tensor[] TensorSplit(Arguments a, int dim)
    {
        int axis = a.Input().Shape.Axis(dim), whole = a.Input().Shape[axis];
        if (a["indices_or_sections"] is long parts) return a.Input().Split([.. Enumerable.Range(0, (int)parts).Select(i => whole / (int)parts + (i < whole % parts ? 1 : 0))], axis);
        int[] edges = [0, .. a.Ints("indices_or_sections").Select(i => Math.Clamp(i < 0 ? i + whole : i, 0, whole)), whole];
        return a.Input().Split([.. edges[1..].Zip(edges, (end, start) => Math.Max(0, end - start))], axis);
    }

    /// <summary>'xy' exchanges the first two axes.</summary>
    static Tensor[] MeshGrid(Arguments a)
    {
        var vectors = a.Tensors("tensors");
        if (a.Text("indexing") == "ij" || vectors.Length < 2) return NanoAttention.Tensor.MeshGrid(vectors);
        Tensor[] grids = NanoAttention.Tensor.MeshGrid([vectors[1], vectors[0], .. vectors[2..]]);
        return [grids[1], grids[0], .. grids[2..]];
    }

    /// <summary>Pairs of places before and behind, from the last axis on.</summary>
    static Tensor Pad(Arguments a)
    {
        var mode = a.Text("mode") switch { "constant" => PadMode.Constant, "reflect" => PadMode.Reflect, "replicate" => PadMode.Replicate, _ => PadMode.Circular };
        var (x, places) = (a.Input(), a.Ints("pad"));
        for (int i = 0; i < places.Length; i += 2) x = x.Pad(-1 - i / 2, places[i], places[i + 1], mode, a.FloatOrNone("value") ?? 0);
        return x;
    }
}
