using NanoAttention.Kernels;
using NanoAttention.Kernels.Gpu;
using Xunit;

namespace NanoAttention.Tests;

/// <summary>The GPU's matrix product against the CPU's in F64: however operands lie, at the edges of tiles, and what is done to sums.</summary>
[Trait("Category", "Gpu")]
public class GpuMatMulTests
{
    static GpuDevice Gpu => (GpuDevice)Device.Gpu;

    // Sizes that fill tiles and that do not; a and b plain, transposed or with gaps between numbers; a batch, of which b may be repeated.
    public static TheoryData<int, int, int, Lie, Lie> Products
    {
        get
        {
            var data = new TheoryData<int, int, int, Lie, Lie>();
            foreach (var (m, n, k) in new[] { (1, 1, 1), (8, 8, 4), (9, 17, 5), (16, 20, 12), (33, 40, 9), (3, 5, 0) })
                foreach (var a in Enum.GetValues<Lie>())
                    foreach (var b in Enum.GetValues<Lie>())
                        data.Add(m, n, k, a, b);
            return data;
        }
    }

    [Theory, MemberData(nameof(Products))]
    public void Operands_are_read_as_they_lie(int m, int n, int k, Lie lieA, Lie lieB)
    {
        using var _ = Defaults.With(DType.F32, Gpu, seed: 3);
        Tensor a = Laid([3, m, k], lieA), b = m % 2 == 0 ? Laid([3, k, n], lieB) : Laid([k, n], lieB).Expand(3, k, n);
        Check<Tile8, Identity>(a, b, null, x => x);
        if (k > 0) Check<SmallWide, Identity>(a, b, null, x => x);
    }

    [Theory]
    [InlineData(8, 8, 4), InlineData(9, 17, 5), InlineData(33, 36, 12), InlineData(2, 3, 0)]
    public void What_is_added_and_the_formula_are_part_of_the_store(int m, int n, int k)
    {
        using var _ = Defaults.With(DType.F32, Gpu, seed: 4);
        Tensor a = Tensor.Normal([m, k]), b = Tensor.Normal([k, n]);
        Tensor row = Tensor.Normal([n]), offBeat = Tensor.Normal([n + 1]).Slice(0, 1, n);
        foreach (var plus in new[] { null, row.Expand(m, n), offBeat.Expand(m, n), Tensor.Normal([m, n]) })
        {
            Check<Tile8, Logistic>(a, b, plus, x => x.Sigmoid());
            Check<SmallWide, Logistic>(a, b, plus, x => x.Sigmoid());
        }
    }

    [Fact]
    public void Sums_may_be_added_to_what_is_there()
    {
        using var _ = Defaults.With(DType.F32, Gpu, seed: 5);
        Tensor a = Tensor.Normal([9, 4]), b = Tensor.Normal([4, 12]), c = Tensor.Normal([9, 12]), expected = c + a.MatMul(b);
        Gpu.MatMul(a, b, c, plus: c);
        Assert.Equal(expected.ToArray<float>(), c.ToArray<float>(), (x, y) => Math.Abs(x - y) < 1e-5);
    }

    [Theory]
    [InlineData(2, 40), InlineData(3, 97), InlineData(4, 20), InlineData(2, 0)]
    public void Long_sums_may_be_split(int splits, int k)
    {
        using var _ = Defaults.With(DType.F32, Gpu, seed: 6);
        Tensor a = Laid([2, 9, k], Lie.Columns), b = Tensor.Normal([k, 12]).Expand(2, k, 12);
        Check<Tile8, Identity>(a, b, null, x => x, splits);
        a = a.Slice(0, 0, 1).Squeeze(0);
        Check<SmallWide, Logistic>(a, Tensor.Normal([k, 5]), Tensor.Normal([5]).Expand(9, 5), x => x.Sigmoid(), splits);
    }

    // The bound that MatMulPrecision.TensorFloat32 promises, and that it is used: rounded operands are what the difference is made of. On a
    // GPU with so many more rows and columns that its tensor cores are asked.
    [Theory]
    [InlineData(1, 1, 1, 1), InlineData(1, 9, 17, 5), InlineData(3, 8, 8, 64), InlineData(1, 33, 5, 200), InlineData(2, 1, 16, 33)]
    public void Products_in_TF32_keep_within_the_bound(int batch, int m, int n, int k)
    {
        using var _ = Defaults.With(DType.F32, Gpu, seed: 8, MatMulPrecision.TensorFloat32);
        if (!Gpu.IsSimulated) (m, n) = (m + 256, n + 128);
        Tensor a = Tensor.Normal([batch, m, k]), b = Tensor.Normal([batch, k, n]);
        double[] got = a.MatMul(b).ToDoubles(), exact = Exact(a).MatMul(Exact(b)).ToDoubles();
        double[] sizes = Exact(a).Abs().MatMul(Exact(b).Abs()).ToDoubles();
        double share = Math.Pow(2, -10) + Math.Pow(2, -22) + (k + 2) * Math.Pow(2, -23);
        for (int i = 0; i < got.Length; i++)
            Assert.True(Math.Abs(got[i] - exact[i]) <= share * sizes[i], $"element {i}: {got[i]}, should be {exact[i]}");
        if (!Gpu.IsSimulated && !Gpu.HasTensorCores) return;
        double[] rounded = Rounded(a).MatMul(Rounded(b)).ToDoubles();
        for (int i = 0; i < got.Length; i++) Assert.True(Math.Abs(got[i] - rounded[i]) <= (k + 2) * Math.Pow(2, -23) * sizes[i]);
        Assert.NotEqual(exact, rounded);
    }

    // to the nearest of the numbers with 11 significant bits, of two the one farther from 0
    static Tensor Rounded(Tensor x) => Tensor.Of([.. x.ToDoubles().Select(v =>
    {
        double unit = Math.ScaleB(1, Math.ILogB(v) - 10);
        return Math.Round(v / unit, MidpointRounding.AwayFromZero) * unit;
    })], x.Shape, DType.F64, Device.Cpu);

    [Theory]
    [InlineData(1f, 1f), InlineData(-0f, -0f), InlineData(1 + 1f / 2048, 1 + 1f / 1024), InlineData(-1 - 1f / 2048, -1 - 1f / 1024)]
    [InlineData(1 + 1f / 4096, 1f), InlineData(float.PositiveInfinity, float.PositiveInfinity), InlineData(float.NaN, float.NaN)]
    [InlineData(float.MaxValue, float.PositiveInfinity)]
    public void TF32_rounds_to_the_nearest_ties_away_from_0(float x, float expected) => Assert.Equal(expected, Rounded<Tile8>.Round(x));

    [Fact]
    public void The_table_has_a_tiling_for_every_size_and_the_nearest_counts()
    {
        Tiling Of(int batch, int m, int n, int k) => MatMulTable.Of(new(batch, m, n, k, k, 1, n, 1, n));
        Assert.Equal(new(128, 1), Of(1, 4096, 4096, 4096));
        Assert.Equal(Of(1, 1024, 1024, 512), Of(2, 2047, 513, 300));
        Assert.NotEqual(1, Of(1, 64, 64, 4096).Splits);
        int count = 0;
        string text = MatMulTable.Write("one\ntwo", (batch, k, m, n) => new(batch % 16 + k % 7 + m, 1 + count++));
        var read = MatMulTable.Parse(text);
        Assert.Equal(225, read.Length);
        Assert.All(read, (tiling, i) => Assert.Equal(i + 1, tiling.Splits));
        Assert.Equal(1, Of(1, 1 << 20, 64, 4096).Splits);
        foreach (int m in MatMulTable.Sides) Assert.Contains(Of(256, m, 4096, 64).Side, new[] { 32, 64, 128 });
    }

    static void Check<T, F>(Tensor a, Tensor b, Tensor? plus, Func<Tensor, Tensor> f, int splits = 1)
        where T : struct, ITile where F : struct, IUnary
    {
        var expected = Exact(a).MatMul(Exact(b));
        expected = f(plus is null ? expected : expected + Exact(plus));
        var c = Tensor.Full(expected.Shape, 9);
        Gpu.MatMul<T, F>(default, a, b, c, plus, splits);
        double[] wanted = expected.ToDoubles(), got = c.ToDoubles();
        for (int i = 0; i < wanted.Length; i++)
            Assert.True(Math.Abs(got[i] - wanted[i]) <= 2e-5,
                $"{typeof(T).Name}, {a.Shape} × {b.Shape}, element {i}: {got[i]}, should be {wanted[i]}");
    }

    static Tensor Exact(Tensor x) => x.To(Device.Cpu).To(DType.F64);

    /// <summary>How a matrix lies in memory.</summary>
    public enum Lie { Rows, Columns, Gaps, OffBeat }

    static Tensor Laid(int[] sizes, Lie lie) => lie switch
    {
        Lie.Rows => Tensor.Normal([.. sizes]),
        Lie.Columns => Tensor.Normal([.. sizes[..^2], sizes[^1], sizes[^2]]).Transpose(),
        Lie.Gaps => Tensor.Normal([.. sizes, 2]).Slice(-1, 1, 1).Squeeze(-1),
        _ => Tensor.Normal([.. sizes[..^2], sizes[^2] + 1, sizes[^1] + 3]).Slice(-2, 1, sizes[^2]).Slice(-1, 2, sizes[^1]),
    };

    /// <summary>8 × 8 numbers a thread, as of <see cref="Tile128"/>, by few threads.</summary>
    readonly struct SmallWide : ITile
    {
        public static int Side => 4;
        public static int Blocks => 2;
        public static int Depth => 4;
        public static bool IsRounded => false;
        public static bool IsWide => true;
    }

    readonly struct Logistic : IUnary
    {
        public V Apply<V>(V x) where V : struct, ILane<V> => V.Sigmoid(x);
        public V Slope<V>(V x, V y) where V : struct, ILane<V> => throw new NotSupportedException();
    }
}
