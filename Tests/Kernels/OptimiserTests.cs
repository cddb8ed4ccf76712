using System.Numerics;
using Xunit;
using static NanoAttention.Tests.Kernels.KernelRun;
using K = NanoAttention.Kernels.Cpu;

namespace NanoAttention.Tests.Kernels;

public class OptimiserTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public unsafe void Adam_is_its_formula(bool decoupled)
    {
        Check<float>(decoupled);
        Check<double>(decoupled);

        static void Check<T>(bool decoupled) where T : unmanaged, IFloatingPointIeee754<T>
        {
            const double Rate = 0.01, Beta1 = 0.9, Beta2 = 0.99, Epsilon = 1e-8, Decay = 0.1;
            const int Step = 3;
            foreach (int n in Sizes)
            {
                T[] p = Normal<T>(n, 1), g = Normal<T>(n, 2), m = Normal<T>(n, 3), v = Array<T>(n, i => 0.1 + i % 7);
                var (p0, m0, v0) = (Doubles(p), Doubles(m), Doubles(v));
                double G(int i) => double.CreateChecked(g[i]) + (decoupled ? 0 : Decay * p0[i]);
                double M(int i) => Beta1 * m0[i] + (1 - Beta1) * G(i);
                double S(int i) => Beta2 * v0[i] + (1 - Beta2) * G(i) * G(i);
                double P(int i) => p0[i] * (decoupled ? 1 - Rate * Decay : 1)
                    - Rate / (1 - Math.Pow(Beta1, Step)) * M(i) / (Math.Sqrt(S(i)) / Math.Sqrt(1 - Math.Pow(Beta2, Step)) + Epsilon);
                foreach (var (result, expected) in ((T[], Func<int, double>)[])[(p, P), (m, M), (v, S)])
                {
                    T[] pc = Copy(p), mc = Copy(m), vc = Copy(v);
                    // the kernel works in place: each of the three is checked with fresh copies of the other two
                    for (int width = 0; width < 3; width++)
                    {
                        p.CopyTo(pc, 0);
                        m.CopyTo(mc, 0);
                        v.CopyTo(vc, 0);
                        K.Adam.Part<T> Part(int start, int count) => new(At(pc, start), At(g, start), At(mc, start), At(vc, start), count);
                        K.Adam.Part<T>[] parts = [Part(0, n / 3), Part(n / 3, n - n / 3)];
                        fixed (K.Adam.Part<T>* first = parts)
                        {
                            K.Adam.Step<T> step = new(new(first, 2), Rate, Beta1, Beta2, Epsilon, Decay, Step, decoupled);
                            Run<K.Adam.Step<T>, T>(step, width, 0, 1);
                            Run<K.Adam.Step<T>, T>(step, width, 1, 2);
                        }
                        var actual = result == p ? pc : result == m ? mc : vc;
                        for (int i = 0; i < n; i++) Near(expected(i), double.CreateChecked(actual[i]), Rounding<T>(), "Adam");
                    }
                }
            }
        }
    }

    [Theory]
    [InlineData(0, 0, false, true)]
    [InlineData(0.9, 0.2, false, true)]
    [InlineData(0.9, 0.2, false, false)]
    [InlineData(0.9, 0, true, true)]
    [InlineData(0.9, 0, true, false)]
    public void Sgd_is_its_formula(double mu, double dampening, bool nesterov, bool first)
    {
        Check<float>();
        Check<double>();

        void Check<T>() where T : unmanaged, IFloatingPointIeee754<T>
        {
            const double Rate = 0.1, Decay = 0.01;
            foreach (int n in Sizes)
            {
                T[] p = Normal<T>(n, 1), g = Normal<T>(n, 2), start = mu > 0 ? Normal<T>(n, 3) : [], b = Copy(start);
                var (p0, b0) = (Doubles(p), Doubles(b));
                for (int width = 0; width < 3; width++)
                {
                    var pc = Copy(p);
                    start.CopyTo(b, 0);
                    K.Sgd.Step<T> step = new(View(pc), View(g), View(b), Rate, mu, dampening, Decay, nesterov, first);
                    Run<K.Sgd.Step<T>, T>(step, width, 0, n / 3);
                    Run<K.Sgd.Step<T>, T>(step, width, n / 3, n);
                    for (int i = 0; i < n; i++)
                    {
                        double slope = double.CreateChecked(g[i]) + Decay * p0[i];
                        double momentum = mu == 0 ? 0 : first ? slope : mu * b0[i] + (1 - dampening) * slope;
                        double change = mu == 0 ? slope : nesterov ? slope + mu * momentum : momentum;
                        Near(p0[i] - Rate * change, double.CreateChecked(pc[i]), Rounding<T>(), "SGD");
                        if (mu > 0) Near(momentum, double.CreateChecked(b[i]), Rounding<T>(), "momentum");
                    }
                }
            }
        }
    }

    static unsafe T* At<T>(T[] pinned, int i) where T : unmanaged => View(pinned).Pointer + i;

    static T[] Copy<T>(T[] x) where T : unmanaged
    {
        var y = Array<T>(x.Length);
        x.CopyTo(y, 0);
        return y;
    }

    static double[] Doubles<T>(T[] x) where T : unmanaged, IFloatingPointIeee754<T> => [.. x.Select(double.CreateChecked)];
}
