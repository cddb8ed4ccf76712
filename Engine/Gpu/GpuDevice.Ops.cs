using ILGPU;
using ILGPU.Runtime;
using NanoAttention.Kernels;
using NanoAttention.Kernels.Gpu;

namespace NanoAttention;

public sealed partial class GpuDevice
{
    internal override void Fill(Tensor y, double value)
    {
        switch (y.DType)
        {
            case DType.F32: Launch(Items(y.Count), Kernels.Gpu.Fill.Forward, View(y), (float)value); break;
            case DType.I32: Launch(Items(y.Count), Kernels.Gpu.Fill.Forward, View<int>(y), (int)value); break;
            default: Launch(Items(y.Count), Kernels.Gpu.Fill.Forward, View<byte>(y), value == 0 ? (byte)0 : (byte)1); break;
        }
    }

    internal override void Copy(Tensor x, Tensor y)
    {
        if (x.IsContiguous && y.IsContiguous)
        {
            if (y.Count > 0) Guarded("copying", () => Raw(y).CopyFrom(stream, Raw(x)));
            return;
        }
        var layout = Layout.Of(y.Shape.Sizes, x.Strides, y.Strides);
        if (x.DType == DType.Bool) Go<byte>(layout, y.Count);
        else if ((y.Count | x.Offset | y.Offset) % 4 == 0 && layout.InFours() is { } fours) Go<F4>(fours, y.Count / 4);
        else Go<int>(layout, y.Count);

        void Go<T>(Layout layout, int count) where T : unmanaged
        {
            if (y.IsContiguous) Launch(Items(count), Kernels.Gpu.Copy.Strided, View<T>(x), View<T>(y), new Steps(layout));
            else Launch(Items(count), Kernels.Gpu.CopyInto.Strided, View<T>(x), View<T>(y), new Steps(layout), count);
        }
    }

    internal override void Cast(Tensor x, Tensor y)
    {
        var shape = Items(y.Count);
        switch (x.DType, y.DType)
        {
            case (DType.F32, DType.I32): Launch(shape, Kernels.Gpu.Cast.FloatToInt, View(x), View<int>(y)); break;
            case (DType.F32, DType.Bool): Launch(shape, Kernels.Gpu.Cast.FloatToBool, View(x), View<byte>(y)); break;
            case (DType.I32, DType.F32): Launch(shape, Kernels.Gpu.Cast.IntToFloat, View<int>(x), View(y)); break;
            case (DType.I32, DType.Bool): Launch(shape, Kernels.Gpu.Cast.IntToBool, View<int>(x), View<byte>(y)); break;
            case (DType.Bool, DType.F32): Launch(shape, Kernels.Gpu.Cast.BoolToFloat, View<byte>(x), View(y)); break;
            case (DType.Bool, DType.I32): Launch(shape, Kernels.Gpu.Cast.BoolToInt, View<byte>(x), View<int>(y)); break;
            default: Copy(x, y); break;
        }
    }

    internal override void Map<F>(F f, Tensor x, Tensor y)
    {
        int quads = Quads(x, y);
        Launch(Items(y.Count, quads), Kernels.Gpu.Map.Forward, f, View(x), View(y), quads);
    }

    internal override void MapBackward<F>(F f, Tensor x, Tensor y, Tensor dy, Tensor dx)
    {
        int quads = Quads(x, y, dy, dx);
        Launch(Items(dx.Count, quads), Kernels.Gpu.Map.Backward, f, View(x), View(y), View(dy), View(dx), quads);
    }

    internal override void Zip<F>(F f, Tensor a, Tensor b, Tensor y)
    {
        var (steps, quads) = Pair(a, b, y);
        Launch(Items(y.Count, quads), Kernels.Gpu.Zip.Forward, f, View(a), View(b), View(y), steps, quads);
    }

    internal override void ZipBackward<F>(F f, Tensor a, Tensor b, Tensor y, Tensor dy, Tensor d, bool first)
    {
        var (steps, quads) = Pair(a, b, y, dy, d);
        if (first) Launch(Items(d.Count, quads), Kernels.Gpu.Zip.BackwardA, f, View(a), View(b), View(y), View(dy), View(d), steps, quads);
        else Launch(Items(d.Count, quads), Kernels.Gpu.Zip.BackwardB, f, View(a), View(b), View(y), View(dy), View(d), steps, quads);
    }

    internal override void Compare<F>(F f, Tensor a, Tensor b, Tensor y)
    {
        var steps = new Steps(Layout.Of(y.Shape.Sizes, a.Strides, b.Strides));
        switch (a.DType)
        {
            case DType.F32: Launch(Items(y.Count), Kernels.Gpu.Zip.Compare, f, View(a), View(b), View<byte>(y), steps); break;
            case DType.I32:
                Launch(Items(y.Count), Kernels.Gpu.Zip.CompareIntegers, f, View<int>(a), View<int>(b), View<byte>(y), steps);
                break;
            default: Compare(f, a.To(DType.I32), b.To(DType.I32), y); break;
        }
    }

    // how a and b step through the shape of the rest, and how many times four numbers of all can be moved at once: in steps of four then
    static (Steps Steps, int Quads) Pair(Tensor a, Tensor b, params ReadOnlySpan<Tensor> rest)
    {
        var layout = Layout.Of(rest[0].Shape.Sizes, a.Strides, b.Strides);
        return (a.Offset | b.Offset) % 4 == 0 && Quads(rest) is > 0 and var quads && layout.InFours() is { } fours
            ? (new(fours), quads) : (new(layout), 0);
    }

    internal override void Where(Tensor condition, Tensor a, Tensor b, Tensor y)
    {
        var steps = new Steps(Layout.Of(y.Shape.Sizes, a.Strides, b.Strides, condition.Strides));
        if (y.DType == DType.Bool) Launch(Items(y.Count), Kernels.Gpu.Where.Forward, View<byte>(condition), View<byte>(a), View<byte>(b), View<byte>(y), steps);
        else Launch(Items(y.Count), Kernels.Gpu.Where.Forward, View<byte>(condition), View<int>(a), View<int>(b), View<int>(y), steps);
    }

    internal override void Axpy(double alpha, Tensor x, Tensor y)
    {
        int quads = Quads(x, y);
        Launch(Items(y.Count, quads), Kernels.Gpu.Axpy.Add, (float)alpha, View(x), View(y), quads);
    }

    internal override void Reduce<R>(R r, Tensor x, Tensor y, int n, int inner)
    {
        if (inner == 1 && n <= Kernels.Gpu.Reduce.Block)
        {
            Launch(Groups(y.Count, n), Kernels.Gpu.Reduce.Rows, r, View(x), View(y), n);
            return;
        }
        if (inner > 1 && n <= Kernels.Gpu.Reduce.ColumnBlock)
        {
            Launch(Items(y.Count), Kernels.Gpu.Reduce.Columns, r, View(x), View(y), n, inner);
            return;
        }
        int block = inner == 1 ? Kernels.Gpu.Reduce.Block : Kernels.Gpu.Reduce.ColumnBlock, blocks = (n + block - 1) / block;
        var partial = Tensor.Empty([y.Count * blocks], x.DType, this, "Reduce");
        if (inner == 1) Launch(Groups(partial.Count, n), Kernels.Gpu.Reduce.Blocks, r, View(x), View(partial), n);
        else Launch(Items(partial.Count), Kernels.Gpu.Reduce.Columns, r, View(x), View(partial), n, inner);
        Reduce(new Merge<R>(r), partial, y, blocks, inner);
    }

    internal override void ArgReduce(bool largest, Tensor x, Tensor y, int n, int inner) =>
        Launch(Items(y.Count), Kernels.Gpu.ArgReduce.Largest, largest ? 1f : -1f, View(x), View<int>(y), n, inner);

    internal override void Softmax(Tensor x, Tensor y, bool log)
    {
        int n = Last(x);
        if (log) Launch(Groups(Rows(y), n), Kernels.Gpu.LogSoftmax.Forward, View(x), View(y), n);
        else Launch(Groups(Rows(y), n), Kernels.Gpu.Softmax.Forward, View(x), View(y), n);
    }

    internal override void SoftmaxBackward(Tensor y, Tensor dy, Tensor dx, bool log)
    {
        int n = Last(y);
        if (log) Launch(Groups(Rows(y), n), Kernels.Gpu.LogSoftmax.Backward, View(y), View(dy), View(dx), n);
        else Launch(Groups(Rows(y), n), Kernels.Gpu.Softmax.Backward, View(y), View(dy), View(dx), n);
    }
}
