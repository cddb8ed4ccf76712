using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;
using NanoAttention.Kernels;
using NanoAttention.Kernels.Gpu;

namespace NanoAttention;

public sealed partial class GpuDevice
{
    internal override void MatMul(Tensor a, Tensor b, Tensor c, Tensor? plus = null) => MatMul(default(Identity), a, b, c, plus);

    internal override void MatMul<F>(F f, Tensor a, Tensor b, Tensor c, Tensor? plus = null)
    {
        var shape = Product(a, b, c);
        bool rounds = Defaults.MatMulPrecision == MatMulPrecision.TensorFloat32;
        bool isSmall = shape.M < TensorCores.Rows / 2 || shape.N < TensorCores.Columns / 2;
        if (IsSimulated && rounds) MatMul<Rounded<Tile8>, F>(f, a, b, c, plus);
        else if (IsSimulated) MatMul<Tile8, F>(f, a, b, c, plus);
        else if (rounds && !isSmall && HasTensorCores) MatMul<TensorTile, F>(f, a, b, c, plus, TensorSplits(shape));
        else MatMul(MatMulTable.Of(shape), f, a, b, c, plus);
    }

    internal bool HasTensorCores => accelerator is CudaAccelerator cuda && cuda.Architecture >= CudaArchitecture.SM_80;

    // Long sums in so many parts that each multiprocessor has a tile, if each part is still long.
    int TensorSplits(Kernels.Cpu.MatMulShape shape)
    {
        int tiles = shape.Batch * ((shape.M - 1) / TensorCores.Rows + 1) * ((shape.N - 1) / TensorCores.Columns + 1);
        return Math.Clamp(accelerator.NumMultiprocessors / Math.Max(1, tiles), 1, Math.Max(1, shape.K / 256));
    }

    /// <summary>The product by tiles as they are said to be.</summary>
    internal void MatMul<F>(Tiling tiling, F f, Tensor a, Tensor b, Tensor c, Tensor? plus = null) where F : struct, IUnary
    {
        if (tiling.Side == 128) MatMul<Tile128, F>(f, a, b, c, plus, tiling.Splits);
        else if (tiling.Side == 64) MatMul<Tile64, F>(f, a, b, c, plus, tiling.Splits);
        else MatMul<Tile32, F>(f, a, b, c, plus, tiling.Splits);
    }

    /// <summary>The threads of a group, and registers for so many groups at once; some multiprocessors hold no more than 16.</summary>
    internal static KernelSpecialization Bounds<T>() where T : struct, ITile
    {
        int group = T.Side * T.Side;
        return new(group, typeof(T) == typeof(TensorTile) ? 1 : Math.Min(1024 / T.Blocks / group, 16));
    }

    internal void MatMul<T, F>(F f, Tensor a, Tensor b, Tensor c, Tensor? plus, int splits = 1)
        where T : struct, ITile where F : struct, IUnary
    {
        var sizes = Product(a, b, c);
        var shape = new MatMulShape(sizes, splits);
        bool isAligned = sizes.N % 4 == 0 && IsAligned(c) && (plus is null || IsAligned(plus) && plus.Strides[0] % 4 == 0);
        var epilogue = new Epilogue<F>(f, plus is null ? -1 : plus.Strides[0], isAligned);
        if (splits == 1)
        {
            Multiply(c, plus, epilogue);
            return;
        }
        var parts = Tensor.Empty([splits * c.Count], c.DType, this, "MatMul");
        Multiply(parts, null, new Epilogue<Identity>(default, -1, sizes.N % 4 == 0));
        Launch(Items(c.Count), Kernels.Gpu.MatMul.Merge, View(parts), View(c), Optional(plus), shape, epilogue);

        void Multiply<E>(Tensor to, Tensor? plus, Epilogue<E> epilogue) where E : struct, IUnary
        {
            bool onTensorCores = typeof(T) == typeof(TensorTile);
            int side = 4 * T.Blocks * T.Side, height = onTensorCores ? TensorCores.Rows : side, group = T.Side * T.Side;
            int tiles = splits * sizes.Batch * ((sizes.M + height - 1) / height) * ((sizes.N + side - 1) / side);
            var grid = new KernelConfig(IsSimulated ? Math.Min(tiles, 2) : tiles, group);
            var bounds = IsSimulated ? default : Bounds<T>();
            Operand rows = new(sizes.ARow, sizes.ACol), columns = new(sizes.BCol, sizes.BRow);
            bool isWide = IsWide(rows, a, sizes.Batches.A) && IsWide(columns, b, sizes.Batches.B);
            if (!onTensorCores)
                Launch(grid, isWide && IsWhole(rows, sizes.M) && IsWhole(columns, sizes.N) ? Kernels.Gpu.MatMul.Registers<T, E>
                    : Kernels.Gpu.MatMul.Registers<Scattered<T>, E>, View(a), View(b), View(to), Optional(plus), shape, rows, columns,
                    epilogue, bounds);
            else
                Launch(grid, (rows.AlongK, columns.AlongK, isWide) switch
                {
                    (0, 0, true) => TensorCores.MatMul<AcrossK, AcrossK, E>,
                    (0, _, true) => TensorCores.MatMul<AcrossK, AlongK, E>,
                    (_, 0, true) => TensorCores.MatMul<AlongK, AcrossK, E>,
                    (_, _, true) => TensorCores.MatMul<AlongK, AlongK, E>,
                    (0, 0, _) => TensorCores.MatMul<Narrow<AcrossK>, Narrow<AcrossK>, E>,
                    (0, _, _) => TensorCores.MatMul<Narrow<AcrossK>, Narrow<AlongK>, E>,
                    (_, 0, _) => TensorCores.MatMul<Narrow<AlongK>, Narrow<AcrossK>, E>,
                    _ => TensorCores.MatMul<Narrow<AlongK>, Narrow<AlongK>, E>,
                }, Address(a), Address(b), View(to), Optional(plus), shape, rows, columns, epilogue, bounds);
        }

        // whether each four neighbours start at a multiple of 16 bytes, and whether none of the fours lacks some
        static bool IsWide(Operand o, Tensor x, Axes steps) =>
            IsAligned(x, steps) && (o.AlongK != 0 ? o.Stride % 4 == 0 : o.Stride == 1 && o.StrideK % 4 == 0);
        bool IsWhole(Operand o, int n) => sizes.K > 0 && (o.AlongK != 0 ? sizes.K : n) % 4 == 0;

        static long Address(Tensor x) => View(x).LoadEffectiveAddressAsPtr();

        // whether the start, and each of these steps, is a multiple of four floats: 16 bytes
        static bool IsAligned(Tensor x, Axes steps = default)
        {
            for (int i = 0; i < Axes.Length; i++)
                if (steps[i] % 4 != 0) return false;
            return x.Offset % 4 == 0;
        }
    }
}
