using System.Numerics;
using Xunit;
using K = NanoAttention.Kernels.Cpu;

namespace NanoAttention.Tests.Kernels;

public class LstmCellTests
{
    [Theory, InlineData(1, 1), InlineData(3, 5), InlineData(2, 16), InlineData(5, 37), InlineData(0, 4), InlineData(4, 0)]
    public void StatesAreThoseOfTheFormulas(int rows, int hidden)
    {
        foreach (var bits in (int[])[128, 256, 512])
        {
            CheckForward<float>(rows, hidden, bits, 1e-6);
            CheckForward<double>(rows, hidden, bits, 1e-14);
        }
    }

    static void CheckForward<T>(int rows, int hidden, int bits, double tolerance) where T : unmanaged, IFloatingPointIeee754<T>
    {
        Step<T> step = new(rows, hidden, bits);
        for (var row = 0; row < rows; row++)
            for (var j = 0; j < hidden; j++)
            {
                double Gate(int k) => double.CreateChecked(step.Gates[(row * 4 + k) * hidden + j]);
                double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));
                double[] expected = [Sigmoid(Gate(0)), Sigmoid(Gate(1)), Math.Tanh(Gate(2)), Sigmoid(Gate(3))];
                var c = expected[1] * double.CreateChecked(step.Before[row * hidden + j]) + expected[0] * expected[2];
                for (var k = 0; k < 4; k++) Assert.Equal(expected[k], double.CreateChecked(step.Activated[(row * 4 + k) * hidden + j]), tolerance);
                Assert.Equal(c, double.CreateChecked(step.C[row * hidden + j]), 4 * tolerance);
                Assert.Equal(expected[3] * Math.Tanh(c), double.CreateChecked(step.H[row * hidden + j]), 4 * tolerance);
            }
    }

    [Theory, InlineData(true, true), InlineData(true, false), InlineData(false, true)]
    public void SlopesAreThoseOfCentralDifferences(bool givenH, bool givenC)
    {
        const int rows = 3, hidden = 7;
        Step<double> step = new(rows, hidden, 256);
        Numbers<double> dh = givenH ? Numbers.Random<double>(rows * hidden, 5) : new([]), dc = givenC ? Numbers.Random<double>(rows * hidden, 6) : new([]);
        Numbers<double> dgates = new(new double[rows * 4 * hidden]), dbefore = new(new double[rows * hidden]);
        Numbers.Run<double, K.LstmCell.Backward<double>>(new(step.Activated.View, step.Before.View, step.C.View, dh.View, dc.View, dgates.View, dbefore.View, hidden), rows, 256);

        double Loss()
        {
            step.Run();
            double sum = 0;
            for (var i = 0; i < rows * hidden; i++) sum += (givenH ? dh[i] * step.H[i] : 0) + (givenC ? dc[i] * step.C[i] : 0);
            return sum;
        }
        for (var i = 0; i < rows * 4 * hidden; i++) Assert.Equal(Slope(Loss, ref step.Gates[i]), dgates[i], 1e-8);
        for (var i = 0; i < rows * hidden; i++) Assert.Equal(Slope(Loss, ref step.Before[i]), dbefore[i], 1e-8);
    }

    static double Slope(Func<double> loss, ref double x)
    {
        const double h = 1e-5;
        var middle = x;
        x = middle + h;
        var above = loss();
        x = middle - h;
        var below = loss();
        x = middle;
        return (above - below) / (2 * h);
    }

    [Theory, InlineData(128), InlineData(256), InlineData(512)]
    public void EveryWidthGivesTheBackwardOfDoubles(int bits)
    {
        const int rows = 4, hidden = 21;
        Step<float> step = new(rows, hidden, bits);
        Numbers<float> dh = Numbers.Random<float>(rows * hidden, 5), dc = Numbers.Random<float>(rows * hidden, 6);
        Numbers<float> dgates = new(new float[rows * 4 * hidden]), dbefore = new(new float[rows * hidden]);
        Numbers.Run<float, K.LstmCell.Backward<float>>(new(step.Activated.View, step.Before.View, step.C.View, dh.View, dc.View, dgates.View, dbefore.View, hidden), rows, bits, 1);
        for (var row = 0; row < rows; row++)
            for (var j = 0; j < hidden; j++)
            {
                double Of(Numbers<float> x) => x[row * hidden + j];
                double Gate(int k) => step.Activated[(row * 4 + k) * hidden + j];
                double tanh = Math.Tanh(Of(step.C)), d = Of(dc) + Of(dh) * Gate(3) * (1 - tanh * tanh);
                double[] expected = [d * Gate(2) * Gate(0) * (1 - Gate(0)), d * Of(step.Before) * Gate(1) * (1 - Gate(1)),
                    d * Gate(0) * (1 - Gate(2) * Gate(2)), Of(dh) * tanh * Gate(3) * (1 - Gate(3))];
                for (var k = 0; k < 4; k++) Assert.Equal(expected[k], dgates[(row * 4 + k) * hidden + j], 2e-6);
                Assert.Equal(d * Gate(1), Of(dbefore), 2e-6);
            }
    }

    [Fact]
    public void ActivationsMayTakeTheGatesMemory()
    {
        const int rows = 3, hidden = 19;
        Step<float> apart = new(rows, hidden, 256);
        Numbers<float> h = new(new float[rows * hidden]), c = new(new float[rows * hidden]);
        Numbers.Run<float, K.LstmCell.Forward<float>>(new(apart.Gates.View, apart.Before.View, h.View, c.View, apart.Gates.View, hidden), rows, 256, 2);
        Assert.Equal(apart.Activated.Values, apart.Gates.Values);
        Assert.Equal(apart.H.Values, h.Values);
        Assert.Equal(apart.C.Values, c.Values);
    }

    [Fact]
    public void LargeGatesSaturate()
    {
        Numbers<float> gates = new([1e4f, -1e4f, -1e4f, 1e4f]), before = new([3f]), h = new([0f]), c = new([0f]);
        Numbers.Run<float, K.LstmCell.Forward<float>>(new(gates.View, before.View, h.View, c.View, gates.View, 1), 1, 256);
        Assert.Equal(-1f, c[0], 1e-6f);
        Assert.Equal(MathF.Tanh(-1f), h[0], 1e-6f);
    }

    /// <summary>A forward step on random gates.</summary>
    sealed class Step<T> where T : unmanaged, IFloatingPointIeee754<T>
    {
        public readonly Numbers<T> Gates, Before, H, C, Activated;
        readonly int rows, hidden, bits;

        public Step(int rows, int hidden, int bits)
        {
            (this.rows, this.hidden, this.bits) = (rows, hidden, bits);
            (Gates, Before) = (Numbers.Random<T>(rows * 4 * hidden, 1), Numbers.Random<T>(rows * hidden, 2));
            (H, C, Activated) = (new(new T[rows * hidden]), new(new T[rows * hidden]), new(new T[rows * 4 * hidden]));
            Run();
        }

        public void Run() => Numbers.Run<T, K.LstmCell.Forward<T>>(new(Gates.View, Before.View, H.View, C.View, Activated.View, hidden), rows, bits);
    }
}
