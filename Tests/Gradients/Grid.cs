using Number = NanoAttention.Kernels.Dual<NanoAttention.Tests.Gradients.Real>;

namespace NanoAttention.Tests.Gradients;

/// <summary>Values at indices, in row-major order: all that a reference needs.</summary>
sealed class Grid<T>(Shape shape, T[] values)
{
    public Shape Shape => shape;

    public T[] Values => values;

    public T this[params ReadOnlySpan<int> index]
    {
        get
        {
            if (index.Length != shape.Rank) throw new ArgumentException($"{index.Length} indices into {shape}");
            int flat = 0;
            for (int i = 0; i < index.Length; i++)
                flat = (uint)index[i] < (uint)shape[i] ? flat * shape[i] + index[i]
                    : throw new IndexOutOfRangeException($"{index[i]} on axis {i} of {shape}");
            return values[flat];
        }
    }

    public Grid<T> Reshape(Shape other) => new(other, values);

    /// <summary>The number that an index of a larger grid meets where this is stretched to it.</summary>
    public T Stretched(int[] index) => this[[.. index[^shape.Rank..].Select((k, i) => shape[i] == 1 ? 0 : k)]];
}

static class Grid
{
    public static Grid<T> Of<T>(Shape shape, Func<int[], T> at) => new(shape, [.. Generators.Indices(shape).Select(at)]);

    /// <summary>x with its tangents.</summary>
    public static Grid<Number> Of(Tensor x, Tensor tangent) =>
        new(x.Shape, [.. x.Detach().ToDoubles().Zip(tangent.ToDoubles(), (v, t) => new Number(new(v), new(t)))]);

    public static Number Sum(IEnumerable<Number> numbers) => numbers.Aggregate(Number.Of(0), (a, b) => a + b);

    public static Number Sum(int n, Func<int, Number> term) => Sum(Enumerable.Range(0, n).Select(term));

    public static Number Product(IEnumerable<Number> numbers) => numbers.Aggregate(Number.Of(1), (a, b) => a * b);

    public static double Plain(this Number x) => x.Value.Value;

    public static int[] With(this int[] index, int axis, int k) => [.. index[..axis], k, .. index[(axis + 1)..]];
    public static int[] Without(this int[] index, int axis) => [.. index[..axis], .. index[(axis + 1)..]];
    public static int[] Insert(this int[] index, int axis, int k) => [.. index[..axis], k, .. index[axis..]];

    /// <summary>Each line along an axis made another line, of whatever length.</summary>
    public static Grid<Number> Lines(Grid<Number> x, int axis, Func<Number[], Number[]> f)
    {
        int n = x.Shape[axis];
        var lines = Of(x.Shape.With(axis, 1), i => f([.. Enumerable.Range(0, n).Select(k => x[i.With(axis, k)])]));
        return Of(x.Shape.With(axis, f(new Number[n]).Length), i => lines[i.With(axis, 0)][i[axis]]);
    }

    /// <summary>All numbers along some axes made one, which keeps the axes with a size of 1 or drops them.</summary>
    public static Grid<Number> Folded(Grid<Number> x, int[] axes, bool keep, Func<Number[], Number> f)
    {
        int[] over = [.. axes.Select(a => x.Shape.Axis(a))];
        Shape kept = [.. x.Shape.Sizes.ToArray().Select((n, a) => over.Contains(a) ? 1 : n)];
        int[][] all = [.. Generators.Indices(x.Shape)];
        var y = Of(kept, i => f([.. all.Where(j => j.Index().All(p => over.Contains(p.Index) || p.Item == i[p.Index])).Select(j => x[j])]));
        return keep ? y : y.Reshape([.. x.Shape.Sizes.ToArray().Where((_, a) => !over.Contains(a))]);
    }
}
