using System.Runtime.InteropServices;
using NanoAttention.Kernels;
using NanoAttention.Kernels.Cpu;

namespace NanoAttention;

public sealed unsafe partial class CpuDevice
{
    internal override void Fill(Tensor y, double value)
    {
        switch (y.DType)
        {
            case DType.F32: Run(new Fill<float>(View<float>(y), (float)value), y.Count, 0.1); break;
            case DType.F64: Run(new Fill<double>(View<double>(y), value), y.Count, 0.2); break;
            case DType.I32: Run(new Fill<int>(View<int>(y), (int)value), y.Count, 0.1); break;
            default: Run(new Fill<byte>(View<byte>(y), value == 0 ? (byte)0 : (byte)1), y.Count, 0.1); break;
        }
    }

    internal override void Copy(Tensor x, Tensor y)
    {
        switch (x.DType.Size)
        {
            case 4: Go<int>(); break;
            case 8: Go<long>(); break;
            default: Go<byte>(); break;
        }

        void Go<T>() where T : unmanaged
        {
            if (y.IsContiguous)
            {
                var layout = Layout.Of(y.Shape.Sizes, x.Strides);
                Run(new Copy.Strided<T>(View<T>(x), View<T>(y), layout), layout.Rows, layout.Inner);
            }
            else
            {
                var layout = Layout.Of(y.Shape.Sizes, x.Strides, y.Strides);
                Run(new CopyInto<T>(View<T>(x), View<T>(y), layout), layout.Rows, layout.Inner);
            }
        }
    }

    internal override void Cast(Tensor x, Tensor y)
    {
        switch (x.DType)
        {
            case DType.F32: To<float>(); break;
            case DType.F64: To<double>(); break;
            case DType.I32: To<int>(); break;
            default: To<byte>(); break;
        }

        void To<T>() where T : unmanaged
        {
            switch (y.DType)
            {
                case DType.F32: Run(new Cast.Forward<T, float>(View<T>(x), View<float>(y)), x.Count, 1); break;
                case DType.F64: Run(new Cast.Forward<T, double>(View<T>(x), View<double>(y)), x.Count, 1); break;
                case DType.I32: Run(new Cast.Forward<T, int>(View<T>(x), View<int>(y)), x.Count, 1); break;
                default: Run(new Cast.Forward<T, byte>(View<T>(x), View<byte>(y)), x.Count, 1); break;
            }
        }
    }

    internal override void Map<F>(F f, Tensor x, Tensor y) => MapHere(f, x, y);
    internal override void MapBackward<F>(F f, Tensor x, Tensor y, Tensor dy, Tensor dx) => MapBackwardHere(f, x, y, dy, dx);
    internal override void Zip<F>(F f, Tensor a, Tensor b, Tensor y) => ZipHere(f, a, b, y);

    // Looking up a generic virtual method takes longer than a small tensor's sum: who knows the device calls these.
    internal void MapHere<F>(F f, Tensor x, Tensor y) where F : struct, IUnary
    {
        if (x.DType == DType.F32) Run<Map.Forward<F, float>, float>(new(f, View<float>(x), View<float>(y)), x.Count, 4);
        else Run<Map.Forward<F, double>, double>(new(f, View<double>(x), View<double>(y)), x.Count, 8);
    }

    internal void MapBackwardHere<F>(F f, Tensor x, Tensor y, Tensor dy, Tensor dx) where F : struct, IUnary
    {
        if (x.DType == DType.F32) Run<Map.Backward<F, float>, float>(new(f, View<float>(x), View<float>(y), View<float>(dy), View<float>(dx)), x.Count, 4);
        else Run<Map.Backward<F, double>, double>(new(f, View<double>(x), View<double>(y), View<double>(dy), View<double>(dx)), x.Count, 8);
    }

    internal void ZipHere<F>(F f, Tensor a, Tensor b, Tensor y) where F : struct, IBinaryFunction
    {
        if (!a.IsContiguous || !b.IsContiguous) ZipStrided(f, a, b, y);
        else if (y.DType == DType.F32) Run<Zip.Flat<F, float>, float>(new(f, View<float>(a), View<float>(b), View<float>(y)), y.Count, 1);
        else Run<Zip.Flat<F, double>, double>(new(f, View<double>(a), View<double>(b), View<double>(y)), y.Count, 2);
    }

    void ZipStrided<F>(F f, Tensor a, Tensor b, Tensor y) where F : struct, IBinaryFunction
    {
        var layout = Layout.Of(y.Shape.Sizes, a.Strides, b.Strides);
        if (y.DType == DType.F32) Run<Zip.Forward<F, float>, float>(new(f, View<float>(a), View<float>(b), View<float>(y), layout), layout.Rows, layout.Inner);
        else Run<Zip.Forward<F, double>, double>(new(f, View<double>(a), View<double>(b), View<double>(y), layout), layout.Rows, layout.Inner);
    }

    internal override void ZipBackward<F>(F f, Tensor a, Tensor b, Tensor y, Tensor dy, Tensor d, bool first)
    {
        var layout = Layout.Of(y.Shape.Sizes, a.Strides, b.Strides);
        if (y.DType == DType.F32) Go<float>(); else Go<double>();

        void Go<T>() where T : unmanaged
        {
            if (first) Run<Zip.BackwardA<F, T>, T>(new(f, View<T>(a), View<T>(b), View<T>(y), View<T>(dy), View<T>(d), layout), layout.Rows, layout.Inner);
            else Run<Zip.BackwardB<F, T>, T>(new(f, View<T>(a), View<T>(b), View<T>(y), View<T>(dy), View<T>(d), layout), layout.Rows, layout.Inner);
        }
    }

    internal override void Compare<F>(F f, Tensor a, Tensor b, Tensor y)
    {
        if (!a.DType.IsFloat)   // integers fit into doubles
        {
            Compare(f, Stretched(a), Stretched(b), y);
            return;
        }
        var layout = Layout.Of(y.Shape.Sizes, a.Strides, b.Strides);
        if (a.DType == DType.F32) Run<Zip.Compare<F, float>, float>(new(f, View<float>(a), View<float>(b), View<byte>(y), layout), layout.Rows, layout.Inner);
        else Run<Zip.Compare<F, double>, double>(new(f, View<double>(a), View<double>(b), View<byte>(y), layout), layout.Rows, layout.Inner);

        static Tensor Stretched(Tensor x) => x.To(DType.F64);
    }

    internal override void Where(Tensor condition, Tensor a, Tensor b, Tensor y)
    {
        var layout = Layout.Of(y.Shape.Sizes, a.Strides, b.Strides, condition.Strides);
        switch (y.DType.Size)
        {
            case 4: Run(new Where.Forward<int>(View<byte>(condition), View<int>(a), View<int>(b), View<int>(y), layout), layout.Rows, layout.Inner); break;
            case 8: Run(new Where.Forward<long>(View<byte>(condition), View<long>(a), View<long>(b), View<long>(y), layout), layout.Rows, layout.Inner); break;
            default: Run(new Where.Forward<byte>(View<byte>(condition), View<byte>(a), View<byte>(b), View<byte>(y), layout), layout.Rows, layout.Inner); break;
        }
    }

    internal override void Axpy(double alpha, Tensor x, Tensor y)
    {
        if (x.DType == DType.F32) Run<Axpy.Add<float>, float>(new((float)alpha, View<float>(x), View<float>(y)), x.Count, 0.5);
        else Run<Axpy.Add<double>, double>(new(alpha, View<double>(x), View<double>(y)), x.Count, 1);
    }

    internal override void Reduce<R>(R r, Tensor x, Tensor y, int n, int inner)
    {
        if (x.DType == DType.F32) Go<float>(); else Go<double>();

        void Go<T>() where T : unmanaged
        {
            if (inner > 1 || n <= Kernels.Cpu.Reduce.Block)
            {
                Run<Reduce.Forward<R, T>, T>(new(r, View<T>(x), View<T>(y), n, inner), y.Count, n);
                return;
            }
            int blocks = Kernels.Cpu.Reduce.BlockCount(n);
            var partial = Tensor.Empty([y.Count, blocks], x.DType, this, "Reduce");
            Run<Reduce.Blocks<R, T>, T>(new(r, View<T>(x), View<T>(partial), n), y.Count * blocks, Kernels.Cpu.Reduce.Block);
            Run<Reduce.Forward<Merge<R>, T>, T>(new(new(r), View<T>(partial), View<T>(y), blocks, 1), y.Count, blocks);
        }
    }

    /// <summary>yᵢ = Σ of the products of row i of a and of b.</summary>
    internal void Dots(Tensor a, Tensor b, Tensor y)
    {
        int n = a.Count / y.Count;
        if (a.DType == DType.F32) Run<Dots<float>, float>(new(View<float>(a), View<float>(b), View<float>(y), n), y.Count, n);
        else Run<Dots<double>, double>(new(View<double>(a), View<double>(b), View<double>(y), n), y.Count, n);
    }

    internal override void ArgReduce(bool largest, Tensor x, Tensor y, int n, int inner)
    {
        if (x.DType == DType.F32) Go<float>(); else Go<double>();

        void Go<T>() where T : unmanaged
        {
            if (largest) Run(new ArgReduce.Largest<T>(View<T>(x), View<int>(y), n, inner), y.Count, n);
            else Run(new ArgReduce.Smallest<T>(View<T>(x), View<int>(y), n, inner), y.Count, n);
        }
    }

    internal override void MatMul(Tensor a, Tensor b, Tensor c, Tensor? plus = null)
    {
        if (c.DType == DType.F32) MatMul<float>(a, b, c, plus); else MatMul<double>(a, b, c, plus);
    }

    internal override void MatMul<F>(F f, Tensor a, Tensor b, Tensor c, Tensor? plus = null)
    {
        if (c.DType == DType.F32) MatMul(a, b, c, plus, new MatMul.Epilogue<F, float>(f));
        else MatMul(a, b, c, plus, new MatMul.Epilogue<F, double>(f));
    }

    void MatMul<T>(Tensor a, Tensor b, Tensor c, Tensor? plus, MatMul.Epilogue<T>? then = null) where T : unmanaged
    {
        var shape = Product(a, b, c);
        int threads = Threads, plusRow = plus?.Strides[^2] ?? 0, items = Kernels.Cpu.MatMul.Packed<T>.Items(shape, threads);
        double cost = (double)shape.Batch * shape.M * shape.N * shape.K / Math.Max(1, items) / 8;
        Run<MatMul.Packed<T>, T>(new(View<T>(a), View<T>(b), View<T>(c), shape, Optional<T>(plus), plusRow, threads, then), items, cost);
    }

    internal override void Softmax(Tensor x, Tensor y, bool log)
    {
        int n = Last(x), rows = Rows(x);
        if (x.DType == DType.F32) Go<float>(); else Go<double>();

        void Go<T>() where T : unmanaged
        {
            if (log) Run<LogSoftmax.Forward<T>, T>(new(View<T>(x), View<T>(y), n), rows, 8.0 * n);
            else Run<Softmax.Forward<T>, T>(new(View<T>(x), View<T>(y), n), rows, 8.0 * n);
        }
    }

    internal override void SoftmaxBackward(Tensor y, Tensor dy, Tensor dx, bool log)
    {
        int n = Last(y), rows = Rows(y);
        if (y.DType == DType.F32) Go<float>(); else Go<double>();

        void Go<T>() where T : unmanaged
        {
            if (log) Run<LogSoftmax.Backward<T>, T>(new(View<T>(y), View<T>(dy), View<T>(dx), n), rows, 8.0 * n);
            else Run<Softmax.Backward<T>, T>(new(View<T>(y), View<T>(dy), View<T>(dx), n), rows, 4.0 * n);
        }
    }
}
