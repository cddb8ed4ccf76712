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
    public void Layer_norm_is_its_formula()
    {
        Check<float>(true);
        Check<float>(false);
        Check<double>(true);
        Check<double>(false);

        static void Check<T>(bool affine) where T : unmanaged, IFloatingPointIeee754<T>
        {
            const double Epsilon = 1e-5;
            foreach (int n in Sizes.Skip(1))
            {
                T[] x = Array<T>(RowCount * n, i => 0.3 + i % n * 0.5 + 0.2 * Math.Sin(i * i)), dy = Normal<T>(RowCount * n, 3), dx = Array<T>(RowCount * n), y = Array<T>(RowCount * n);
                T[] weight = affine ? Normal<T>(n, 4) : [], bias = affine ? Normal<T>(n, 5) : [], mean = Array<T>(RowCount), rstd = Array<T>(RowCount);
                double X(int i) => double.CreateChecked(x[i]);
                double W(int i) => affine ? double.CreateChecked(weight[i % n]) : 1;
                double Row(int i, Func<int, double> f) => Enumerable.Range(i / n * n, n).Sum(f);
                double Mean(int i) => Row(i, X) / n;
                double Rstd(int i) { double m = Mean(i); return 1 / Math.Sqrt(Row(i, k => (X(k) - m) * (X(k) - m)) / n + Epsilon); }
                var hats = Enumerable.Range(0, RowCount * n).Select(i => (X(i) - Mean(i)) * Rstd(i)).ToArray();
                double G(int i) => double.CreateChecked(dy[i]) * W(i);
                double tolerance = 100 * Rounding<T>();
                KernelRun.Check(new K.LayerNorm.Forward<T>(View(x), View(weight), View(bias), View(y), View(mean), View(rstd), n, Epsilon), RowCount, y,
                    i => hats[i] * W(i) + (affine ? double.CreateChecked(bias[i % n]) : 0), tolerance);
                KernelRun.Check(new K.LayerNorm.Backward<T>(View(x), View(weight), View(mean), View(rstd), View(dy), View(dx), n), RowCount, dx,
                    i => Rstd(i) * (G(i) - Row(i, G) / n - hats[i] * Row(i, k => G(k) * hats[k]) / n), tolerance);

                T[] dweight = Array<T>(n), dbias = Array<T>(n);
                K.LayerNorm.BackwardParameters<T> parameters = new(View(x), View(mean), View(rstd), View(dy), View(dweight), View(dbias), RowCount, n);
                KernelRun.Check(parameters, n, dweight, j => Enumerable.Range(0, RowCount).Sum(r => double.CreateChecked(dy[r * n + j]) * hats[r * n + j]), tolerance);
                KernelRun.Check(parameters, n, dbias, j => Enumerable.Range(0, RowCount).Sum(r => double.CreateChecked(dy[r * n + j])), tolerance);
            }
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
