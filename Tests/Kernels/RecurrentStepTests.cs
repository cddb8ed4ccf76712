using System.Numerics;
using NanoAttention.Kernels.Cpu;
using Xunit;
using K = NanoAttention.Kernels.Cpu;

namespace NanoAttention.Tests.Kernels;

public unsafe class RecurrentStepTests
{
    // one row, one unit; blocks and registers that are not full; more tiles than one; more rows than wait at a time; sums in several blocks
    [Theory, InlineData(1, 1, 1, 1), InlineData(3, 5, 5, 4), InlineData(15, 33, 33, 3), InlineData(32, 64, 64, 4), InlineData(113, 40, 40, 4), InlineData(2, 20, 700, 1)]
    public void AStepIsTheProductAndTheCell(int rows, int hidden, int depth, int gates)
    {
        foreach (var bits in (int[])[128, 256, 512])
            foreach (var transposed in (bool[])[false, true])
            {
                Check<float>(rows, hidden, depth, gates, bits, transposed, 2e-5);
                Check<double>(rows, hidden, depth, gates, bits, transposed, 1e-12);
            }
    }

    static void Check<T>(int rows, int hidden, int depth, int gates, int bits, bool transposed, double tolerance) where T : unmanaged, INumber<T>
    {
        int columns = gates * hidden, blocks = K.RecurrentStep.Blocks(hidden);
        var (row, column) = transposed ? (1, depth) : (columns, 1);
        Numbers<T> a = Numbers.Random<T>(rows * depth, 1), w = Numbers.Random<T>(depth * columns, 2), bias = Numbers.Random<T>(columns, 3);
        Numbers<T> y = new(new T[rows * columns]), alone = new(new T[rows * columns]), shifted = new(new T[rows * columns]);
        Numbers<T> packed = Numbers.Filled(K.RecurrentStep.PackedCount(depth, gates, hidden), T.CreateChecked(double.NaN));
        Numbers.Run<T, K.RecurrentStep.Pack<T>>(new(w.View, row, column, depth, gates, hidden, packed.View), blocks, bits, 1);
        Numbers.Run<T, K.RecurrentStep.ProductAndCell<Copy<T>, T>>(new(new(y.View, gates, hidden), a.View, packed.View, rows, depth, gates, hidden), blocks, bits, 1);
        Numbers.Run<T, K.RecurrentStep.Inputs<T>>(new(a.View, packed.View, default, alone.View, rows, depth, gates, hidden), blocks, bits, 1);
        Numbers.Run<T, K.RecurrentStep.Inputs<T>>(new(a.View, packed.View, bias.View, shifted.View, rows, depth, gates, hidden), blocks, bits, 1);
        for (int i = 0; i < rows; i++)
            for (int j = 0; j < columns; j++)
            {
                double sum = 0, close = tolerance * Math.Sqrt(Math.Max(1, depth));
                for (int k = 0; k < depth; k++) sum += double.CreateChecked(a[i * depth + k]) * double.CreateChecked(w[k * row + j * column]);
                Assert.Equal(sum, double.CreateChecked(y[i * columns + j]), close);
                Assert.Equal(sum, double.CreateChecked(alone[i * columns + j]), close);
                Assert.Equal(sum + double.CreateChecked(bias[j]), double.CreateChecked(shifted[i * columns + j]), close);
            }
    }

    [Fact]
    public void WithoutInputsTheBiasIsLeft()
    {
        Numbers<float> bias = new([1, 2]), y = new(new float[4]);
        Numbers.Run<float, K.RecurrentStep.Inputs<float>>(new(default, default, bias.View, y.View, 2, 0, 1, 2), 1, 256);
        Assert.Equal([1, 2, 1, 2], y.Values[..4]);
    }

    [Fact]
    public void WithoutAProductTheCellIsAlone()
    {
        Numbers<float> y = new(new float[6]);
        Numbers.Run<float, K.RecurrentStep.ProductAndCell<Copy<float>, float>>(new(new(y.View, 1, 3), default, default, 2, 0, 1, 3), 1, 256);
        Assert.Equal([-1, -1, -1, -1, -1, -1], y.Values[..6]);
    }

    /// <summary>Puts out the products as they come, (rows, gates · hidden); −1 without them.</summary>
    readonly struct Copy<T>(View<T> y, int gates, int hidden) : ICell<T> where T : unmanaged
    {
        public int Arrays => gates;

        public (nint, int) Array(int i) => ((nint)(y.Pointer + i * hidden), gates * hidden);

        public void Units<V, S>(int row, int j, int count, T* products, int next) where V : struct, ISimd<V, T> where S : struct, ISize
        {
            for (int gate = 0; gate < gates; gate++)
            {
                var sums = products is null ? V.Of(-1) : V.Load(new(products + gate * next, V.Count), 0);
                int at = (row * gates + gate) * hidden + j;
                if (S.Whole) V.Store(sums, y, at);
                else V.StorePart(sums, y, at, count);
            }
        }
    }
}
