using System.Numerics;
using NanoAttention.Kernels;
using NanoAttention.Kernels.Cpu;
using Xunit;
using static NanoAttention.Tests.Kernels.KernelRun;
using K = NanoAttention.Kernels.Cpu;

namespace NanoAttention.Tests.Kernels;

/// <summary>Softmax, layer normalisation and cross entropy against their formulas in double precision.</summary>
public class RowTests
{
    const int RowCount = 5;

    [Fact]
    public void Softmax_and_its_logarithm_are_their_formulas()
    {
        Check<float>();
        Check<double>();

        static void Check<T>() where T : unmanaged, IFloatingPointIeee754<T>
        {
            foreach (int n in Sizes)
            {
                T[] x = Array<T>(RowCount * n, i => 50 * Math.Sin(i * i)), y = Array<T>(RowCount * n), dy = Normal<T>(RowCount * n, 3), dx = Array<T>(RowCount * n);
                double X(int i) => double.CreateChecked(x[i]);
                double Y(int i) => double.CreateChecked(y[i]);
                double G(int i) => double.CreateChecked(dy[i]);
                double Row(int i, Func<int, double> f) => Enumerable.Range(i / n * n, n).Sum(f);
                double Lse(int i) => 50 + Math.Log(Row(i, k => Math.Exp(X(k) - 50)));
                double tolerance = Rounding<T>();
                KernelRun.Check(new Softmax.Forward<T>(View(x), View(y), n), RowCount, y, i => Math.Exp(X(i) - Lse(i)), tolerance);
                KernelRun.Check(new Softmax.Backward<T>(View(y), View(dy), View(dx), n), RowCount, dx, i => Y(i) * (G(i) - Row(i, k => G(k) * Y(k))), tolerance);
                KernelRun.Check(new LogSoftmax.Forward<T>(View(x), View(y), n), RowCount, y, i => X(i) - Lse(i), tolerance);
                KernelRun.Check(new LogSoftmax.Backward<T>(View(y), View(dy), View(dx), n), RowCount, dx, i => G(i) - Math.Exp(Y(i)) * Row(i, G), 10 * tolerance);
            }
        }
    }

    [Theory]
    [InlineData(double.NegativeInfinity, double.NegativeInfinity, double.NegativeInfinity, double.NaN, double.NaN)]
    [InlineData(double.PositiveInfinity, 1, 2, double.NaN, double.NaN)]
    [InlineData(double.NaN, 1, 2, double.NaN, double.NaN)]
    [InlineData(double.NegativeInfinity, 3, 3, 0, 0.5)]
    [InlineData(1e30, 0, 0, 1, 0)]
    public void Softmax_at_infinities_and_NaN(double a, double b, double c, double first, double second)
    {
        foreach (int n in (int[])[3, 19])
        {
            float[] x = Array<float>(n, i => i == 0 ? a : i == 1 ? b : i == 2 ? c : double.NegativeInfinity), y = Array<float>(n);
            for (int width = 0; width < 3; width++)
            {
                Run<Softmax.Forward<float>, float>(new(View(x), View(y), n), width, 0, 1);
                Assert.Equal(((float)first, (float)second), (y[0], y[1]));
                Run<LogSoftmax.Forward<float>, float>(new(View(x), View(y), n), width, 0, 1);
                Near(Math.Log(first), y[0], 1e-6, "log softmax");
            }
        }
    }

    [Fact]
    public void Softmax_of_no_rows_touches_nothing()
    {
        for (int width = 0; width < 3; width++)
            foreach (int n in Sizes) Run<Softmax.Forward<float>, float>(new(default, default, n), width, 0, 0);
    }

    [Fact]
    public void Layer_norm_is_its_formula()
    {
        Check<float>(true);
        Check<float>(false);
        Check<double>(true);
        Check<double>(false);

        static void Check<T>(bool affine) where T : unmanaged, IFloatingPointIeee754<T>
        {
            foreach (int n in Sizes.Skip(1)) LayerNormIsItsFormula<T>(RowCount, n, affine, Ramp);
        }
    }

    // rows whose first number lies apart, so that one pass over them would lose digits; and all in one place but one
    [Fact]
    public void Layer_norm_keeps_its_digits_where_the_first_number_lies_apart()
    {
        foreach (int n in (int[])[7, 131, 768])
        {
            LayerNormIsItsFormula<float>(RowCount, n, false, i => i % n == 0 ? 5000 : Ramp(i), roundings: 5);
            LayerNormIsItsFormula<float>(RowCount, n, false, i => i % n == 0 ? 0 : 5000 + Math.Sin(i * i), roundings: 5);
            LayerNormIsItsFormula<double>(RowCount, n, false, i => i % n == 0 ? 1e6 : Ramp(i));
        }
    }

    [Fact]
    public void Layer_norm_adds_up_many_rows()
    {
        LayerNormIsItsFormula<float>(3 * K.LayerNorm.Block + 5, 37, true, Ramp);
        LayerNormIsItsFormula<double>(2 * K.LayerNorm.Block, 5, true, Ramp);
    }

    static double Ramp(int i) => 0.3 + i % 131 * 0.5 + 0.2 * Math.Sin(i * i);

    static void LayerNormIsItsFormula<T>(int rows, int n, bool affine, Func<int, double> number, double roundings = 100)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        const double Epsilon = 1e-5;
        T[] x = Array<T>(rows * n, number), dy = Normal<T>(rows * n, 3), dx = Array<T>(rows * n), y = Array<T>(rows * n);
        T[] weight = affine ? Normal<T>(n, 4) : [], bias = affine ? Normal<T>(n, 5) : [], mean = Array<T>(rows), rstd = Array<T>(rows);
        double X(int i) => double.CreateChecked(x[i]);
        double W(int i) => affine ? double.CreateChecked(weight[i % n]) : 1;
        double Row(int row, Func<int, double> f) => Enumerable.Range(row * n, n).Sum(f);
        double G(int i) => double.CreateChecked(dy[i]) * W(i);
        double[] means = [.. Enumerable.Range(0, rows).Select(r => X(r * n) + Row(r, i => X(i) - X(r * n)) / n)];
        double[] rstds = [.. Enumerable.Range(0, rows).Select(r => 1 / Math.Sqrt(Row(r, i => Math.Pow(X(i) - means[r], 2)) / n + Epsilon))];
        double[] hats = [.. Enumerable.Range(0, rows * n).Select(i => (X(i) - means[i / n]) * rstds[i / n])];
        double[] meanG = [.. Enumerable.Range(0, rows).Select(r => Row(r, G) / n)];
        double[] meanDot = [.. Enumerable.Range(0, rows).Select(r => Row(r, i => G(i) * hats[i]) / n)];
        double tolerance = roundings * Rounding<T>();
        KernelRun.Check(new K.LayerNorm.Forward<T>(View(x), View(weight), View(bias), View(y), View(mean), View(rstd), n, Epsilon), rows, y,
            i => hats[i] * W(i) + (affine ? double.CreateChecked(bias[i % n]) : 0), tolerance);

        int blocks = K.LayerNorm.BlockCount(rows);
        T[] dweights = Array<T>(blocks * n), dbiases = Array<T>(blocks * n);
        K.LayerNorm.Backward<T> backward =
            new(View(x), View(weight), View(mean), View(rstd), View(dy), View(dx), View(dweights), View(dbiases), rows, n);
        KernelRun.Check(backward, blocks, dx, i => rstds[i / n] * (G(i) - meanG[i / n] - hats[i] * meanDot[i / n]), tolerance);
        KernelRun.Check(backward, blocks, dweights, i => Block(i, k => double.CreateChecked(dy[k]) * hats[k]), tolerance);
        KernelRun.Check(backward, blocks, dbiases, i => Block(i, k => double.CreateChecked(dy[k])), tolerance);

        double Block(int i, Func<int, double> f)
        {
            int first = i / n * K.LayerNorm.Block;
            return Enumerable.Range(first, Math.Min(K.LayerNorm.Block, rows - first)).Sum(r => f(r * n + i % n));
        }
    }

    [Theory]
    [InlineData(false, true, true)]
    [InlineData(true, false, true)]
    [InlineData(true, true, false)]
    public void Layer_norm_computes_the_gradients_that_are_wanted(bool input, bool weight, bool bias)
    {
        const int n = 19;
        float[] x = Normal<float>(RowCount * n, 1), dy = Normal<float>(RowCount * n, 2);
        float[] mean = Array<float>(RowCount), rstd = Array<float>(RowCount, _ => 1);
        float[][] all = Gradients(true, true, true), some = Gradients(input, weight, bias);
        for (int k = 0; k < 3; k++) Assert.Equal(some[k].Length > 0 ? all[k] : [], some[k]);

        float[][] Gradients(bool input, bool weight, bool bias)
        {
            float[] dx = Array<float>(input ? RowCount * n : 0), dw = Array<float>(weight ? n : 0), db = Array<float>(bias ? n : 0);
            K.LayerNorm.Backward<float> backward =
                new(View(x), default, View(mean), View(rstd), View(dy), View(dx), View(dw), View(db), RowCount, n);
            Run<K.LayerNorm.Backward<float>, float>(backward, 1, 0, 1);
            return [dx, dw, db];
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.1)]
    public void Cross_entropy_is_its_formula(double smoothing)
    {
        Check<float>(smoothing);
        Check<double>(smoothing);

        static void Check<T>(double smoothing) where T : unmanaged, IFloatingPointIeee754<T>
        {
            foreach (int n in Sizes.Skip(1))
            {
                T[] x = Array<T>(RowCount * n, i => 5 * Math.Sin(i * i)), losses = Array<T>(RowCount), lse = Array<T>(RowCount), g = Normal<T>(RowCount, 3), dx = Array<T>(RowCount * n);
                int[] targets = Array<int>(RowCount, r => r == 3 ? -100 : r * 5 % n);
                double X(int i) => double.CreateChecked(x[i]);
                double Row(int r, Func<int, double> f) => Enumerable.Range(r * n, n).Sum(f);
                double Lse(int r) => Math.Log(Row(r, k => Math.Exp(X(k))));
                double tolerance = Rounding<T>();
                CrossEntropy.Forward<T> forward = new(View(x), View(targets), View(losses), View(lse), n, -100, smoothing);
                KernelRun.Check(forward, RowCount, losses, r => r == 3 ? 0 : Lse(r) - (1 - smoothing) * X(r * n + targets[r]) - smoothing * Row(r, X) / n, tolerance);
                KernelRun.Check(forward, RowCount, lse, r => r == 3 ? 0 : Lse(r), tolerance);
                KernelRun.Check(new CrossEntropy.Backward<T>(View(x), View(targets), View(lse), View(g), View(dx), n, -100, smoothing), RowCount, dx, i =>
                    i / n == 3 ? 0 : double.CreateChecked(g[i / n]) * (Math.Exp(X(i) - Lse(i / n)) - (i % n == targets[i / n] ? 1 - smoothing : 0) - smoothing / n), tolerance);
            }
        }
    }
}
