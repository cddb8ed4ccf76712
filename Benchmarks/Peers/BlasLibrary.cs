using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using NanoAttention.Kernels.Cpu;

namespace NanoAttention.Benchmarks.Peers;

/// <summary>
/// A native library of matrix products and its side of the tests, by its C interface: <c>cblas_sgemm</c> and <c>cblas_dgemm</c> (OpenBLAS
/// and others), or oneDNN's <c>dnnl_sgemm</c> and, since its version 3, matmul primitive.
/// </summary>
static unsafe class BlasLibrary
{
    const string blas = nameof(blas);       // whichever library was asked for

    /// <summary>Names under which the system may know OpenBLAS.</summary>
    public static readonly string[] OpenBlas = ["libopenblas.so.0", "openblas", "libopenblas"];

    /// <summary>Names under which the system may know oneDNN.</summary>
    public static readonly string[] OneDnn = ["libdnnl.so.3", "dnnl", "libdnnl.so.2"];

    /// <summary>Serves the products of a library until the input ends.</summary>
    /// <param name="names">Files, or names that the system knows: the first that can be loaded.</param>
    /// <param name="primitive">oneDNN's matmul primitive instead of <c>dnnl_sgemm</c>.</param>
    /// <exception cref="ArgumentException">There is no such library, or it has no such product.</exception>
    public static int Serve(string[] names, bool primitive)
    {
        nint library = 0;
        string path = names.FirstOrDefault(name => NativeLibrary.TryLoad(name, out library))
            ?? throw new ArgumentException($"none of {string.Join(", ", names)} can be loaded");
        NativeLibrary.SetDllImportResolver(Assembly.GetExecutingAssembly(), (name, _, _) => name == blas ? library : 0);
        if (NativeLibrary.TryGetExport(library, nameof(cblas_sgemm), out _))
        {
            bool open = NativeLibrary.TryGetExport(library, nameof(openblas_get_config), out _);
            return Worker.Run(Console.In, Console.Out, Cblas, open ? OpenBlasName() : Path.GetFileName(path));
        }
        if (!NativeLibrary.TryGetExport(library, nameof(dnnl_sgemm), out _))
            throw new ArgumentException($"{path} has neither cblas_sgemm nor dnnl_sgemm");
        int* version = dnnl_version();
        string dnnl = $"oneDNN {version[0]}.{version[1]}.{version[2]}";
        if (!primitive) return Worker.Run(Console.In, Console.Out, Dnnl, $"{dnnl} sgemm");
        if (version[0] != 3) throw new ArgumentException($"the matmul primitive of {dnnl} is not called as that of oneDNN 3");
        return Worker.Run(Console.In, Console.Out, DnnlPrimitive, $"{dnnl} matmul");
    }

    // "OpenBLAS 0.3.21 DYNAMIC_ARCH …"
    static string OpenBlasName() => string.Join(' ', Marshal.PtrToStringUTF8(openblas_get_config())!.Split(' ').Take(2));

    static Func<object>? Cblas(string[] words)
    {
        const int rowMajor = 101, plain = 111, transposed = 112;
        if (words[0] is not ("sgemm" or "dgemm")) return null;
        var p = new Factors(words);
        int a = p.TransposeA ? transposed : plain, b = p.TransposeB ? transposed : plain;
        return words[0] == "sgemm"
            ? () =>
            {
                cblas_sgemm(rowMajor, a, b, p.M, p.N, p.K, 1, At<float>(p.A), p.StrideA, At<float>(p.B), p.StrideB, 0, At<float>(p.C), p.N);
                return p.C;
            }
        : () =>
        {
            cblas_dgemm(rowMajor, a, b, p.M, p.N, p.K, 1, At<double>(p.A), p.StrideA, At<double>(p.B), p.StrideB, 0, At<double>(p.C), p.N);
            return p.C;
        };
    }

    static Func<object>? Dnnl(string[] words)
    {
        if (words[0] != "sgemm") return null;
        var p = new Factors(words);
        byte a = (byte)(p.TransposeA ? 'T' : 'N'), b = (byte)(p.TransposeB ? 'T' : 'N');
        return () =>
        {
            dnnl_sgemm(a, b, p.M, p.N, p.K, 1, At<float>(p.A), p.StrideA, At<float>(p.B), p.StrideB, 0, At<float>(p.C), p.N);
            return p.C;
        };
    }

    static Func<object>? DnnlPrimitive(string[] words)
    {
        const int cpu = 1, inOrder = 1, source = 1, destination = 17, weights = 33;      // dnnl_types.h
        if (words[0] != "sgemm") return null;
        var p = new Factors(words);
        Check(dnnl_engine_create(out nint engine, cpu, 0));
        Check(dnnl_stream_create(out nint stream, engine, inOrder));
        nint a = Layout(p.M, p.K, p.TransposeA), b = Layout(p.K, p.N, p.TransposeB), c = Layout(p.M, p.N, false);
        Check(dnnl_matmul_primitive_desc_create(out nint description, engine, a, b, 0, c, 0));
        Check(dnnl_primitive_create(out nint primitive, description));
        Argument[] arguments = [new(source, Memory(a, p.A)), new(weights, Memory(b, p.B)), new(destination, Memory(c, p.C))];
        return () =>
        {
            Check(dnnl_primitive_execute(primitive, stream, arguments.Length, arguments));
            Check(dnnl_stream_wait(stream));
            return p.C;
        };

        static nint Layout(int rows, int columns, bool transpose)
        {
            const int f32 = 3, mostRanks = 12;
            long[] sizes = new long[mostRanks], strides = new long[mostRanks];
            (sizes[0], sizes[1]) = (rows, columns);
            (strides[0], strides[1]) = transpose ? (1, rows) : (columns, 1);
            Check(dnnl_memory_desc_create_with_strides(out nint layout, 2, sizes, f32, strides));
            return layout;
        }

        nint Memory(nint layout, Tensor x)
        {
            Check(dnnl_memory_create(out nint memory, layout, engine, At<float>(x)));
            return memory;
        }

        static void Check(int status)
        {
            if (status != 0) throw new InvalidOperationException($"oneDNN: status {status}");
        }
    }

    static T* At<T>(Tensor x) where T : unmanaged => CpuDevice.View<T>(x).Pointer;

    /// <summary>The operands of <c>sgemm T N m n k</c>: C = op(A) op(B), (m, k) × (k, n), row by row, after T transposed.</summary>
    sealed class Factors
    {
        public Factors(string[] words)
        {
            var type = words[0] == "sgemm" ? DType.F32 : DType.F64;
            (TransposeA, TransposeB) = (words[1] == "T", words[2] == "T");
            int[] sizes = [.. words[3..].Select(word => int.Parse(word, CultureInfo.InvariantCulture))];
            (M, N, K) = (sizes[0], sizes[1], sizes[2]);
            PeerTest.FromFirst();
            (A, B) = (PeerTest.Operand(TransposeA ? [K, M] : [M, K], type), PeerTest.Operand(TransposeB ? [N, K] : [K, N], type));
            C = Tensor.Zeros([M, N], type);
        }

        public bool TransposeA { get; }
        public bool TransposeB { get; }
        public int M { get; }
        public int N { get; }
        public int K { get; }
        public int StrideA => TransposeA ? M : K;
        public int StrideB => TransposeB ? K : N;
        public Tensor A { get; }
        public Tensor B { get; }
        public Tensor C { get; }
    }

    [DllImport(blas)]
    static extern nint openblas_get_config();

    [DllImport(blas)]
    static extern void cblas_sgemm(
        int order, int transposeA, int transposeB, int m, int n, int k, float alpha,
        float* a, int strideA, float* b, int strideB, float beta, float* c, int strideC);

    [DllImport(blas)]
    static extern void cblas_dgemm(
        int order, int transposeA, int transposeB, int m, int n, int k, double alpha,
        double* a, int strideA, double* b, int strideB, double beta, double* c, int strideC);

    [DllImport(blas)]
    static extern int* dnnl_version();

    [DllImport(blas)]
    static extern int dnnl_sgemm(
        byte transposeA, byte transposeB, long m, long n, long k, float alpha,
        float* a, long strideA, float* b, long strideB, float beta, float* c, long strideC);

    [DllImport(blas)]
    static extern int dnnl_engine_create(out nint engine, int kind, nint index);

    [DllImport(blas)]
    static extern int dnnl_stream_create(out nint stream, nint engine, uint flags);

    [DllImport(blas)]
    static extern int dnnl_memory_desc_create_with_strides(out nint layout, int rank, long[] sizes, int type, long[] strides);

    [DllImport(blas)]
    static extern int dnnl_matmul_primitive_desc_create(
        out nint description, nint engine, nint source, nint weights, nint bias, nint destination, nint attributes);

    [DllImport(blas)]
    static extern int dnnl_primitive_create(out nint primitive, nint description);

    [DllImport(blas)]
    static extern int dnnl_memory_create(out nint memory, nint layout, nint engine, void* numbers);

    [DllImport(blas)]
    static extern int dnnl_primitive_execute(nint primitive, nint stream, int count, Argument[] arguments);

    [DllImport(blas)]
    static extern int dnnl_stream_wait(nint stream);

    /// <summary>dnnl_exec_arg_t</summary>
    readonly record struct Argument(int Place, nint Memory);
}
