using System.Numerics;
using NanoAttention.Kernels;
using NanoAttention.Kernels.Cpu;
using Xunit;
using static NanoAttention.Tests.Kernels.KernelRun;

namespace NanoAttention.Tests.Kernels;

public class ElementwiseTests
{
    readonly struct Square : IUnary
    {
        public V Apply<V>(V x) where V : struct, ILane<V> => x * x;
        public V Slope<V>(V x, V y) where V : struct, ILane<V> => x + x;
    }

    readonly struct Quotient : IBinary
    {
        public V Apply<V>(V a, V b) where V : struct, ILane<V> => a / b;
        public V SlopeA<V>(V a, V b, V y) where V : struct, ILane<V> => V.Of(1) / b;
        public V SlopeB<V>(V a, V b, V y) where V : struct, ILane<V> => -y / b;
    }

    readonly struct Less : IBinaryFunction
    {
        public V Apply<V>(V a, V b) where V : struct, ILane<V> => V.IfLess(a, b, V.Of(1), V.Of(0));
    }

    [Fact]
    public void An_array_lives_as_long_as_a_view_of_it()
    {
        View<double> view = Make();
        for (int i = 0; i < 5; i++)
        {
            GC.Collect();
            Array<double>(1000, _ => 9);
        }
        Assert.All(view.Span.ToArray(), v => Assert.Equal(1, v));
        GC.KeepAlive(view.Owner);

        [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
        static View<double> Make() => View(Array<double>(1000, _ => 1));
    }

    [Fact]
    public void Map_applies_the_formula_and_its_slope()
    {
        Check<float>();
        Check<double>();

        static void Check<T>() where T : unmanaged, IFloatingPointIeee754<T>
        {
            foreach (int n in Sizes)
            {
                T[] x = Normal<T>(n, 1), y = Array<T>(n), dy = Normal<T>(n, 2), dx = Array<T>(n);
                KernelRun.Check(new Map.Forward<Square, T>(default, View(x), View(y)), n, y, i => double.CreateChecked(x[i] * x[i]), 0);
                KernelRun.Check(new Map.Backward<Square, T>(default, View(x), View(y), View(dy), View(dx)), n, dx, i => double.CreateChecked(dy[i] * (x[i] + x[i])), 0);
            }
        }
    }

    /// <summary>Sizes, and the strides of both operands in memory: contiguous, broadcast, transposed, and one with a gap.</summary>
    public static TheoryData<int[], int[], int[]> Layouts => new()
    {
        { [], [], [] },
        { [0], [1], [1] },
        { [1], [0], [1] },
        { [67], [1], [1] },
        { [9001], [1], [0] },
        { [5, 17], [17, 1], [0, 1] },
        { [5, 17], [1, 0], [17, 1] },
        { [5, 17], [1, 5], [17, 1] },
        { [5, 17], [34, 2], [0, 0] },
        { [3, 0, 4], [0, 4, 1], [0, 4, 1] },
        { [3, 1, 4, 2], [8, 8, 2, 1], [1, 0, 3, 0] },
        { [2, 4100], [1, 2], [4100, 1] },
    };

    [Theory]
    [MemberData(nameof(Layouts))]
    public void Zip_follows_the_strides(int[] sizes, int[] a, int[] b)
    {
        Check<float>(sizes, a, b);
        Check<double>(sizes, a, b);

        static void Check<T>(int[] sizes, int[] strideA, int[] strideB) where T : unmanaged, IFloatingPointIeee754<T>
        {
            int n = sizes.Aggregate(1, (x, y) => x * y);
            T[] a = Normal<T>(Extent(sizes, strideA), 1), b = Normal<T>(Extent(sizes, strideB), 2);
            T[] y = Array<T>(n), dy = Normal<T>(n, 3), d = Array<T>(n);
            var layout = Layout.Of(sizes, strideA, strideB);
            double A(int i) => double.CreateChecked(a[At(sizes, strideA, i)]);
            double B(int i) => double.CreateChecked(b[At(sizes, strideB, i)]);
            double tolerance = Rounding<T>();
            KernelRun.Check(new Zip.Forward<Quotient, T>(default, View(a), View(b), View(y), layout), layout.Rows, y, i => A(i) / B(i), tolerance);
            KernelRun.Check(new Zip.BackwardA<Quotient, T>(default, View(a), View(b), View(y), View(dy), View(d), layout), layout.Rows, d,
                i => double.CreateChecked(dy[i]) / B(i), tolerance);
            KernelRun.Check(new Zip.BackwardB<Quotient, T>(default, View(a), View(b), View(y), View(dy), View(d), layout), layout.Rows, d,
                i => double.CreateChecked(dy[i]) * -A(i) / (B(i) * B(i)), tolerance);
            var less = Array<byte>(n);
            Zip.Compare<Less, T> compare = new(default, View(a), View(b), View(less), layout);
            for (int width = 0; width < 3; width++)
            {
                System.Array.Clear(less);
                Run<Zip.Compare<Less, T>, T>(compare, width, 0, layout.Rows);
                for (int i = 0; i < n; i++) Assert.Equal(A(i) < B(i) ? 1 : 0, less[i]);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Layouts))]
    public void Where_chooses_by_the_condition(int[] sizes, int[] a, int[] b)
    {
        Check<float>(sizes, a, b);
        Check<int>(sizes, a, b);
        Check<byte>(sizes, a, b);

        static void Check<T>(int[] sizes, int[] strideA, int[] strideB) where T : unmanaged, INumber<T>
        {
            int n = sizes.Aggregate(1, (x, y) => x * y);
            T[] a = Array<T>(Extent(sizes, strideA), i => i % 251), b = Array<T>(Extent(sizes, strideB), i => i % 241), y = Array<T>(n);
            var condition = Array<byte>(Extent(sizes, strideB), i => i * 7 % 3 % 2);
            var layout = Layout.Of(sizes, strideA, strideB, strideB);
            KernelRun.Check(new Where.Forward<T>(View(condition), View(a), View(b), View(y), layout), layout.Rows, y,
                i => condition[At(sizes, strideB, i)] != 0 ? a[At(sizes, strideA, i)] : b[At(sizes, strideB, i)]);
        }
    }

    [Theory]
    [MemberData(nameof(Layouts))]
    public void A_copy_follows_the_strides(int[] sizes, int[] a, int[] b)
    {
        foreach (int[] strides in (int[][])[a, b])
        {
            Check<byte>(sizes, strides);
            Check<int>(sizes, strides);
            Check<double>(sizes, strides);
        }
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(16, 16)]
    [InlineData(33, 4099)]
    [InlineData(4099, 33)]
    [InlineData(128, 257)]
    public void A_transposed_copy_is_the_transpose(int rows, int columns)
    {
        Check<byte>([rows, columns], [1, rows]);
        Check<float>([rows, columns], [1, rows]);
        Check<double>([3, rows, columns], [rows * columns, 1, rows]);
        Check<float>([rows, 3, columns], [1, rows * columns, rows]);
    }

    static void Check<T>(int[] sizes, int[] strides) where T : unmanaged, INumber<T>
    {
        int n = sizes.Aggregate(1, (x, y) => x * y);
        T[] x = Array<T>(Extent(sizes, strides), i => i % 251), y = Array<T>(n);
        var layout = Layout.Of(sizes, strides);
        KernelRun.Check(new Copy.Strided<T>(View(x), View(y), layout), layout.Rows, y, i => x[At(sizes, strides, i)]);
    }

    [Fact]
    public void A_cast_cuts_towards_zero_and_truth_is_not_zero()
    {
        double[] x = [0, -0.0, 1.9, -1.9, 1e300, -1e300, double.NaN, 0.1];
        var source = Array<double>(x.Length, i => x[i]);
        KernelRun.Check(new Cast.Forward<double, int>(View(source), View(Results<int>(out var ints))), 8, ints, i => ((int[])[0, 0, 1, -1, int.MaxValue, int.MinValue, 0, 0])[i]);
        KernelRun.Check(new Cast.Forward<double, byte>(View(source), View(Results<byte>(out var truths))), 8, truths, i => ((byte[])[0, 0, 1, 1, 1, 1, 1, 1])[i]);
        KernelRun.Check(new Cast.Forward<double, float>(View(source), View(Results<float>(out var floats))), 8, floats, i => (float)x[i]);
        KernelRun.Check(new Cast.Forward<byte, double>(View(truths), View(Results<double>(out var doubles))), 8, doubles, i => i < 2 ? 0 : 1);
        KernelRun.Check(new Cast.Forward<int, float>(View(ints), View(floats)), 8, floats, i => ints[i]);

        static T[] Results<T>(out T[] results) where T : unmanaged => results = Array<T>(8);
    }

    [Fact]
    public void Fill_and_axpy_keep_to_their_elements()
    {
        var y = Array<float>(67);
        new Fill<float>(View(y), 2).Run(3, 66);
        Assert.Equal(63 * 2f, y.Sum());
        var x = Normal<float>(67, 5);
        var start = (float[])y.Clone();
        KernelRun.Check(new Axpy.Add<float>(0.5f, View(x), View(y)), 67, y, i => start[i] + 0.5 * x[i], Rounding<float>());
    }

    [Fact]
    public void A_layout_merges_the_axes_that_step_as_one()
    {
        Assert.Equal((1, 24), Shape(Layout.Of([2, 3, 4], [12, 4, 1], [12, 4, 1])));
        Assert.Equal((2, 12), Shape(Layout.Of([2, 3, 4], [12, 4, 1], [0, 4, 1])));
        Assert.Equal((1, 24), Shape(Layout.Of([2, 1, 3, 4], [0, 7, 0, 0])));
        Assert.Equal((3, 4), Shape(Layout.Of([2, 3, 4], [12, 1, 3], [0, 4, 1])));
        Assert.Equal((0, 1), Shape(Layout.Of([], [])));
        var nine = Enumerable.Range(0, 9).ToArray();
        Assert.Throws<NotSupportedException>(() => Layout.Of([2, 2, 2, 2, 2, 2, 2, 2, 2], nine));

        static (int, int) Shape(Layout layout) => (layout.Rank, layout.Inner);
    }

    // the memory that sizes and strides reach over, and where element i of the output lies in it
    static int Extent(int[] sizes, int[] strides) => sizes.Contains(0) ? 0 : 1 + sizes.Zip(strides, (n, s) => (n - 1) * s).Sum();

    static int At(int[] sizes, int[] strides, int i)
    {
        int at = 0;
        for (int axis = sizes.Length - 1; axis >= 0; axis--)
        {
            at += i % sizes[axis] * strides[axis];
            i /= sizes[axis];
        }
        return at;
    }
}
