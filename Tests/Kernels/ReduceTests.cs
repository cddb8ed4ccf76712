using System.Numerics;
using NanoAttention.Kernels;
using NanoAttention.Kernels.Cpu;
using Xunit;
using static NanoAttention.Tests.Kernels.KernelRun;

namespace NanoAttention.Tests.Kernels;

public class ReduceTests
{
    public static TheoryData<int, int, int> Shapes => new()
    {
        { 1, 1, 1 }, { 3, 0, 1 }, { 2, 0, 5 }, { 0, 3, 4 }, { 5, 7, 1 }, { 3, 67, 1 }, { 2, 1543, 1 }, { 2, 3, 67 }, { 1, 131, 17 }, { 4, 33, 2 }, { 1, 1000, 40 },
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void A_fold_is_the_loop(int outer, int n, int inner)
    {
        Check<float>(outer, n, inner);
        Check<double>(outer, n, inner);

        static void Check<T>(int outer, int n, int inner) where T : unmanaged, IFloatingPointIeee754<T>
        {
            var x = Array<T>(outer * n * inner, i => 1 + 0.01 * Math.Sin(i));
            Fold<Sum, T>(x, outer, n, inner, 0, (a, b) => a + b);
            Fold<SumOfSquares, T>(x, outer, n, inner, 0, (a, b) => a + b * b);
            Fold<Prod, T>(x, outer, n, inner, 1, (a, b) => a * b);
            Fold<Max, T>(x, outer, n, inner, double.NegativeInfinity, Math.Max);
            Fold<Min, T>(x, outer, n, inner, double.PositiveInfinity, Math.Min);
            if (x.Length > 0) x[x.Length / 2] = T.NaN;
            Fold<Max, T>(x, outer, n, inner, double.NegativeInfinity, Math.Max);
            Fold<Min, T>(x, outer, n, inner, double.PositiveInfinity, Math.Min);
            Arg(x, outer, n, inner);
        }
    }

    static void Fold<R, T>(T[] x, int outer, int n, int inner, double identity, Func<double, double, double> combine)
        where R : struct, IReducer where T : unmanaged, IFloatingPointIeee754<T>
    {
        var y = Array<T>(outer * inner);
        KernelRun.Check(new Reduce.Forward<R, T>(default, View(x), View(y), n, inner), outer * inner, y,
            i => Enumerable.Range(0, n).Aggregate(identity, (fold, k) => combine(fold, double.CreateChecked(x[(i / inner * n + k) * inner + i % inner]))), Rounding<T>());
    }

    static void Arg<T>(T[] x, int outer, int n, int inner) where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (n == 0) return;
        var y = Array<int>(outer * inner);
        T At(int i, int k) => x[(i / inner * n + k) * inner + i % inner];
        KernelRun.Check(new ArgReduce.Largest<T>(View(x), View(y), n, inner), outer * inner, y, i => Best(i, (a, b) => a > b));
        KernelRun.Check(new ArgReduce.Smallest<T>(View(x), View(y), n, inner), outer * inner, y, i => Best(i, (a, b) => a < b));

        int Best(int i, Func<T, T, bool> better)
        {
            int best = 0;
            for (int k = 1; k < n; k++)
                if (!T.IsNaN(At(i, best)) && (better(At(i, k), At(i, best)) || T.IsNaN(At(i, k)))) best = k;
            return best;
        }
    }

    [Fact]
    public void Of_ties_the_first_wins()
    {
        float[] x = Array<float>(6, i => ((double[])[1, 3, 3, 0, 3, 0])[i]);
        var y = Array<int>(1);
        new ArgReduce.Largest<float>(View(x), View(y), 6, 1).Run(0, 1);
        Assert.Equal(1, y[0]);
        new ArgReduce.Smallest<float>(View(x), View(y), 6, 1).Run(0, 1);
        Assert.Equal(3, y[0]);
        new ArgReduce.Largest<float>(View(Array<float>(3, _ => double.NegativeInfinity)), View(y), 3, 1).Run(0, 1);
        Assert.Equal(0, y[0]);
    }

    [Fact]
    public void Blocks_and_their_merge_are_the_fold_of_a_long_row()
    {
        const int N = 3 * Reduce.Block + 77;
        float[] x = Array<float>(2 * N, i => 0.1), y = Array<float>(2);
        int blocks = Reduce.BlockCount(N);
        Assert.Equal(4, blocks);
        var partial = Array<float>(2 * blocks);
        KernelRun.Check(new Reduce.Blocks<SumOfSquares, float>(default, View(x), View(partial), N), 2 * blocks, partial,
            i => (i % blocks < 3 ? Reduce.Block : 77) * (double)(0.1f * 0.1f), 1e-6);
        KernelRun.Check(new Reduce.Forward<Merge<SumOfSquares>, float>(default, View(partial), View(y), blocks, 1), 2, y, _ => N * (double)(0.1f * 0.1f), 1e-6);
    }

    [Fact]
    public void A_long_sum_of_floats_keeps_its_digits()
    {
        const int N = 1 << 22;
        float[] x = Array<float>(N, _ => 0.1), y = Array<float>(1);
        Run<Reduce.Forward<Sum, float>, float>(new(default, View(x), View(y), N, 1), 1, 0, 1);
        Near(N * (double)0.1f, y[0], 1e-6, "sum");
        float[] columns = Array<float>(16);
        Run<Reduce.Forward<Sum, float>, float>(new(default, View(x), View(columns), N / 16, 16), 1, 0, 16);
        foreach (float sum in columns) Near(N / 16 * (double)0.1f, sum, 1e-6, "column sum");
    }
}
