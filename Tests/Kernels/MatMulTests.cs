using System.Numerics;
using NanoAttention.Kernels;
using NanoAttention.Kernels.Cpu;
using Xunit;

namespace NanoAttention.Tests.Kernels;

public class MatMulTests
{
    public static TheoryData<int, int, int, int> Shapes =>
    [
        (1, 1, 1, 1), (1, 6, 16, 8), (1, 7, 17, 9), (3, 5, 3, 2), (1, 13, 31, 1), (2, 1, 65, 37), (2, 65, 1, 37), (1, 1, 1, 300), (1, 4, 33, 257),
        (1, 64, 64, 64), (1, 97, 131, 259), (1, 250, 70, 13), (5, 1, 1, 7), (1, 3, 5, 1024), (1, 20, 40, 600), (2, 0, 3, 4), (2, 3, 0, 4), (2, 3, 4, 0), (0, 3, 4, 5),
        (1, 14, 32, 512), (1, 15, 33, 513), (1, 29, 65, 1100), (1, 600, 5, 40), (1, 131, 300, 50),
    ];

    [Theory, MemberData(nameof(Shapes))]
    public void EveryKernelIsTheProductInEveryLayout(int batch, int m, int n, int k)
    {
        foreach (var (transposeA, transposeB, accumulate) in ((bool, bool, bool)[])[(false, false, false), (false, true, true), (true, false, true), (true, true, false)])
        {
            var shape = Dense(batch, m, n, k, transposeA, transposeB);
            Check(new Problem<float>(shape, accumulate));
            Check(new Problem<double>(shape, accumulate));
        }
    }

    [Fact]
    public void StridesMayHaveGapsAndRepeat()
    {
        MatMulShape gaps = new(2, 9, 21, 30, 70, 2, 100, 3, 25) { Batches = Layout.Of([2], [700], [3000]) };
        MatMulShape repeated = new(6, 9, 21, 30, 0, 1, 21, 1, 21) { Batches = Layout.Of([2, 3], [30, 0], [0, 630]) };
        MatMulShape constant = new(1, 9, 21, 30, 0, 0, 0, 0, 21);
        MatMulShape crowded = new(1, 30, 40, 50, 1024, 1, 2048, 1, 40);
        MatMulShape crowdedRight = new(1, 30, 64, 300, 300, 1, 1024, 1, 64);
        foreach (var shape in (MatMulShape[])[gaps, repeated, constant, crowded, crowdedRight])
            Check(new Problem<float>(shape, accumulate: false));
    }

    [Theory, InlineData(1, 97, 131, 259), InlineData(3, 65, 129, 40), InlineData(1, 1, 500, 300), InlineData(1, 500, 1, 300)]
    public void TheSplitNeverChangesABit(int batch, int m, int n, int k)
    {
        Problem<float> problem = new(Dense(batch, m, n, k, false, true), accumulate: true);
        var whole = problem.Packed(256);
        foreach (var step in (int[])[1, 2, 3]) Assert.Equal(whole.Values, problem.Packed(256, step).Values);
    }

    [Theory, InlineData(1, 97, 531, 259, false), InlineData(3, 165, 129, 140, true), InlineData(4, 500, 33, 300, true)]
    [InlineData(12, 90, 90, 90, false), InlineData(1, 416, 416, 70, false)]
    public void TheNumberOfWorkersNeverChangesABit(int batch, int m, int n, int k, bool transposeA)
    {
        Problem<float> problem = new(Dense(batch, m, n, k, transposeA, false), accumulate: true);
        var alone = problem.Packed(256, workers: 1);
        problem.Compare(alone);
        int[] items = [.. Enumerable.Range(1, 13).Select(workers => MatMul.Packed<float>.Items(problem.Shape, workers))];
        Assert.Equal(batch, items[0]);
        Assert.Contains(items, count => count > batch);
        for (var workers = 2; workers <= items.Length; workers++) Assert.Equal(alone.Values, problem.Packed(256, workers: workers).Values);
    }

    [Theory, MemberData(nameof(Shapes))]
    public void ABiasIsAddedToEveryRow(int batch, int m, int n, int k)
    {
        Problem<float> problem = new(Dense(batch, m, n, k, false, false), accumulate: false);
        var bias = Numbers.Random<float>(n, 4);
        foreach (var bits in (int[])[128, 256, 512])
        {
            Numbers<float> plain = problem.Packed(bits), biased = problem.PackedWithBias(bias, bits);
            for (var i = 0; i < batch * m * n; i++) Assert.Equal(plain[i] + bias[i % n], biased[i], 1e-4f);
        }
    }

    readonly struct SquareAndOne : IUnary
    {
        public V Apply<V>(V x) where V : struct, ILane<V> => x * x + V.Of(1);
        public V Slope<V>(V x, V y) where V : struct, ILane<V> => x + x;
    }

    [Theory, MemberData(nameof(Shapes))]
    public void AnEpilogueTakesEveryNumberOnce(int batch, int m, int n, int k)
    {
        foreach (var gap in (int[])[0, 3])
        {
            var shape = Dense(batch, m, n, k, false, true) with { CRow = n + gap };
            Check<float>(shape);
            Check<double>(shape);
        }

        static void Check<T>(MatMulShape shape) where T : unmanaged, IFloatingPointIeee754<T>
        {
            Problem<T> problem = new(shape, accumulate: true);
            foreach (var bits in (int[])[128, 256, 512])
            {
                Numbers<T> sums = problem.Packed(bits), c = problem.Packed(bits, then: new MatMul.Epilogue<SquareAndOne, T>(default));
                for (var i = 0; i < shape.Batch * shape.M * shape.CRow; i++)
                {
                    var sum = sums[i];
                    Assert.Equal(i % shape.CRow < shape.N ? sum * sum + T.One : sum, c[i]);
                }
            }
        }
    }

    [Fact]
    public void ABlocksBitsDoNotDependOnItsSize()
    {
        const int k = 300;
        Problem<float> large = new(Dense(1, 131, 177, k, false, false), accumulate: false);
        Problem<float> small = new(large.Shape with { M = 11, N = 37, CRow = 37 }, accumulate: false, large);
        Numbers<float> whole = large.Packed(256), part = small.Packed(256);
        for (var i = 0; i < 11; i++)
            for (var j = 0; j < 37; j++) Assert.Equal(whole[i * 177 + j], part[i * 37 + j]);
    }

    [Fact]
    public void NumbersThatAreNotOfCStayUntouched()
    {
        MatMulShape shape = new(1, 8, 19, 10, 10, 1, 19, 1, 24);
        Problem<double> problem = new(shape, accumulate: false);
        var c = problem.Packed(256);
        for (var i = 0; i < 8; i++)
            for (var j = 19; j < 24; j++) Assert.Equal(problem.Start[i * 24 + j], c[i * 24 + j]);
    }

    [Fact]
    public void ShapesCompare()
    {
        Assert.Equal(Dense(2, 3, 4, 5, false, true), Dense(2, 3, 4, 5, false, true));
        Assert.NotEqual(Dense(2, 3, 4, 5, false, true), Dense(2, 3, 4, 5, true, true));
    }

    [Fact]
    public void NaNReachesOnlyItsRow()
    {
        Problem<float> problem = new(Dense(1, 8, 19, 10, false, false), accumulate: false);
        problem.A[3 * 10 + 4] = float.NaN;
        var c = problem.Packed(256);
        for (var i = 0; i < 8 * 19; i++) Assert.Equal(i / 19 == 3, float.IsNaN(c[i]));
    }

    static MatMulShape Dense(int batch, int m, int n, int k, bool transposeA, bool transposeB) =>
        new(batch, m, n, k, transposeA ? 1 : k, transposeA ? m : 1, transposeB ? 1 : n, transposeB ? k : 1, n);

    static void Check<T>(Problem<T> problem) where T : unmanaged, IFloatingPointIeee754<T>
    {
        foreach (var bits in (int[])[128, 256, 512]) problem.Compare(problem.Packed(bits));
        problem.Compare(problem.Tiled());
        problem.Compare(problem.Naive());
    }

    /// <summary>Random operands for a shape, and the product by its definition in double.</summary>
    sealed class Problem<T>(MatMulShape shape, bool accumulate, Problem<T>? operands = null) where T : unmanaged, IFloatingPointIeee754<T>
    {
        public MatMulShape Shape => shape;
        public readonly Numbers<T> A = operands?.A ?? Numbers.Random<T>(Reach(shape, at => at.A, shape.M, shape.ARow, shape.K, shape.ACol), 1);
        public readonly Numbers<T> B = operands?.B ?? Numbers.Random<T>(Reach(shape, at => at.B, shape.K, shape.BRow, shape.N, shape.BCol), 2);
        public readonly Numbers<T> Start = Numbers.Random<T>(shape.Batch * shape.M * shape.CRow, 3);
        (double Sum, double Size)[]? reference;

        public Numbers<T> Packed(int bits, int step = int.MaxValue, int workers = 4, MatMul.Epilogue<T>? then = null)
        {
            Numbers<T> c = new(Start.Values);
            RunPacked(c, accumulate ? c.View : default, shape.CRow, bits, step, workers, then);
            return c;
        }

        /// <summary>The product plus a row for every row of it.</summary>
        public Numbers<T> PackedWithBias(Numbers<T> bias, int bits)
        {
            Numbers<T> c = new(Start.Values);
            RunPacked(c, bias.View, 0, bits);
            return c;
        }

        void RunPacked(Numbers<T> c, View<T> plus, int plusRow, int bits, int step = int.MaxValue, int workers = 4,
            MatMul.Epilogue<T>? then = null) => Numbers.Run<T, MatMul.Packed<T>>(
                new(A.View, B.View, c.View, shape, plus, plusRow, workers, then), MatMul.Packed<T>.Items(shape, workers), bits, step);

        public Numbers<T> Tiled()
        {
            Numbers<T> c = new(Start.Values);
            Numbers.Run<T, MatMul.Tiled<T>>(new(A.View, B.View, c.View, shape, accumulate), MatMul.Tiled<T>.Items(shape), 128);
            return c;
        }

        public Numbers<T> Naive()
        {
            Numbers<T> c = new(Start.Values);
            Numbers.Run<T, MatMul.Naive<T>>(new(A.View, B.View, c.View, shape, accumulate), MatMul.Naive<T>.Items(shape), 128);
            return c;
        }

        /// <summary>|c − Σ a b| ≤ tolerance · (1 + Σ |a b|)</summary>
        public void Compare(Numbers<T> c)
        {
            reference ??= Reference();
            var tolerance = typeof(T) == typeof(float) ? 1e-5 : 1e-13;
            for (var batch = 0; batch < shape.Batch; batch++)
                for (var i = 0; i < shape.M; i++)
                    for (var j = 0; j < shape.N; j++)
                    {
                        var at = (batch * shape.M + i) * shape.CRow + j;
                        var (sum, size) = reference[at];
                        Assert.True(Math.Abs(sum - double.CreateChecked(c[at])) <= tolerance * size, $"c[{batch}, {i}, {j}] is {c[at]} where {sum} is right, for {shape}");
                    }
        }

        /// <summary>Σₖ aᵢₖ bₖⱼ and 1 + Σₖ |aᵢₖ bₖⱼ| at each number of C.</summary>
        (double Sum, double Size)[] Reference()
        {
            var result = new (double Sum, double Size)[shape.Batch * shape.M * shape.CRow];
            double[] a = [.. A.Values.Select(double.CreateChecked)], b = [.. B.Values.Select(double.CreateChecked)];
            for (var batch = 0; batch < shape.Batch; batch++)
                for (var i = 0; i < shape.M; i++)
                    for (var j = 0; j < shape.N; j++)
                    {
                        var at = (batch * shape.M + i) * shape.CRow + j;
                        double sum = accumulate ? double.CreateChecked(Start[at]) : 0, size = 1;
                        var (fromA, fromB) = (Place(shape, batch).A + i * shape.ARow, Place(shape, batch).B + j * shape.BCol);
                        for (var k = 0; k < shape.K; k++)
                        {
                            var product = a[fromA + k * shape.ACol] * b[fromB + k * shape.BRow];
                            sum += product;
                            size += Math.Abs(product);
                        }
                        result[at] = (sum, size);
                    }
            return result;
        }

        /// <summary>Where a matrix of A and of B starts, by stepping through the batch's axes.</summary>
        static (int A, int B) Place(MatMulShape shape, int batch)
        {
            var (a, b, count) = (0, 0, 1);
            for (var axis = shape.Batches.Rank - 1; axis >= 0; axis--)
            {
                var index = batch / count % shape.Batches.Sizes[axis];
                (a, b, count) = (a + index * shape.Batches.A[axis], b + index * shape.Batches.B[axis], count * shape.Batches.Sizes[axis]);
            }
            return (a, b);
        }

        static int Reach(MatMulShape shape, Func<(int A, int B), int> side, int rows, int row, int columns, int column) =>
            1 + Enumerable.Range(0, shape.Batch).Select(i => side(Place(shape, i))).Append(0).Max() + Math.Max(rows - 1, 0) * row + Math.Max(columns - 1, 0) * column;
    }
}
