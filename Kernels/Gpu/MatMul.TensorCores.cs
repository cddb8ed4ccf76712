using ILGPU;
using ILGPU.Runtime.Cuda;

namespace NanoAttention.Kernels.Gpu;

/// <summary>Whether an operand's neighbours along k are neighbours in memory, as a constant that the compiler sees.</summary>
public interface ILie
{
    static abstract bool AlongK { get; }
}

/// <summary>A as it is written, B transposed.</summary>
public readonly struct AlongK : ILie
{
    static bool ILie.AlongK => true;
}

/// <summary>A transposed, B as it is written.</summary>
public readonly struct AcrossK : ILie
{
    static bool ILie.AlongK => false;
}

/// <summary>The tile of <see cref="TensorCores.MatMul"/>.</summary>
public readonly struct TensorTile : ITile
{
    public static int Side => 16;
    public static int Blocks => 2;
    public static int Depth => 16;
    public static bool IsRounded => true;
}

/// <summary>A tile for the product in TF32 where there are no tensor cores: for the simulator, to try the precision out.</summary>
public readonly struct Rounded<T> : ITile where T : struct, ITile
{
    public static int Side => T.Side;
    public static int Blocks => T.Blocks;
    public static int Depth => T.Depth;
    public static bool IsRounded => true;

    /// <summary>x with 11 significant bits, the nearest, of two the one farther from 0: cvt.rna.tf32.f32.</summary>
    public static float Round(float x) => float.IsNaN(x) ? x : Interop.IntAsFloat(Interop.FloatAsInt(x) + 0x1000u & ~0x1fffu);
}

/// <summary>
/// The product by tensor cores, in TF32: operands are rounded to 11 significant bits, products are exact and are summed in F32. The
/// instructions have no name in C#, so their PTX is written out (NVIDIA, PTX ISA, 9.7.14: mma.m16n8k8, ldmatrix; 9.7.9: cp.async). For
/// CUDA from compute capability 8.0 on.
/// <para>
/// A group of 8 warps takes a tile of 128 × 128 numbers of C, a warp 64 × 32: 4 × 4 products of 16 × 8 by 8 × 8 numbers, a quarter of
/// whose sums, c0 to c63 in the PTX, each thread has. Shared memory holds three stages of 16 columns of A and rows of B: while one is
/// multiplied, two are on their way there, past the registers. An operand lies in a stage as it lies in memory, so that a thread copies
/// 16 bytes at once; which 16 bytes of a row lie where is permuted (an exclusive or with the row), so that the threads of a warp
/// read different banks.
/// </para>
/// </summary>
public static class TensorCores
{
    /// <summary>The side of the tile, the columns of A in a stage, and the threads of a group.</summary>
    public const int Side = 128, Depth = 16, Group = 256;

    // Bytes: of a stage of one operand and of both; of a row where neighbours along k are side by side, and where they are not; of a row of
    // C on its way out.
    const int Half = Side * Depth * 4, Stage = 2 * Half, RowAlong = Depth * 4, RowAcross = Side * 4, RowC = 544;

    // sums, what is multiplied, and addresses: of shared memory, where in a stage this thread's a0 and b0 are, 8 k on, and for the moment
    const string Registers = ".reg .f32 c<64>; .reg .b32 a<16>; .reg .b32 b<8>;\n"
        + ".reg .b32 tile, startA0, startB0, startA1, startB1, from, to, at;\n"
        + "mov.u32 tile, __shared_alloca0; mov.b32 startA0, %0; mov.b32 startB0, %1; mov.b32 startA1, %2; mov.b32 startB1, %3;";
    const string Copy16 = "add.u32 to, tile, %0; cp.async.cg.shared.global [to], [%1], 16, %2;";
    const string Copy4 = "add.u32 to, tile, %0; cp.async.ca.shared.global [to], [%1], 4, %2;";
    const string Mma = "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 ";
    const string Load4 = "ldmatrix.sync.aligned.m8n8.x4.shared.b16 ";

    const string Z = ", 0f00000000; mov.f32 ";
    const string Zero = "mov.f32 "
        + "c0" + Z + "c1" + Z + "c2" + Z + "c3" + Z + "c4" + Z + "c5" + Z + "c6" + Z + "c7" + Z
        + "c8" + Z + "c9" + Z + "c10" + Z + "c11" + Z + "c12" + Z + "c13" + Z + "c14" + Z + "c15" + Z
        + "c16" + Z + "c17" + Z + "c18" + Z + "c19" + Z + "c20" + Z + "c21" + Z + "c22" + Z + "c23" + Z
        + "c24" + Z + "c25" + Z + "c26" + Z + "c27" + Z + "c28" + Z + "c29" + Z + "c30" + Z + "c31" + Z
        + "c32" + Z + "c33" + Z + "c34" + Z + "c35" + Z + "c36" + Z + "c37" + Z + "c38" + Z + "c39" + Z
        + "c40" + Z + "c41" + Z + "c42" + Z + "c43" + Z + "c44" + Z + "c45" + Z + "c46" + Z + "c47" + Z
        + "c48" + Z + "c49" + Z + "c50" + Z + "c51" + Z + "c52" + Z + "c53" + Z + "c54" + Z + "c55" + Z
        + "c56" + Z + "c57" + Z + "c58" + Z + "c59" + Z + "c60" + Z + "c61" + Z + "c62" + Z + "c63" + ", 0f00000000;";

    // 16 rows of A and 8 k each: numbers (g, t), (g + 8, t), (g, t + 4), (g + 8, t + 4) for thread 4g + t
    const string LoadAlongA = "add.u32 from, from, tile;\n"
        + Load4 + "{a0,a1,a2,a3}, [from];\n" + Load4 + "{a4,a5,a6,a7}, [from+1024];\n"
        + Load4 + "{a8,a9,a10,a11}, [from+2048];\n" + Load4 + "{a12,a13,a14,a15}, [from+3072];\n";
    const string LoadAcrossA =
        "xor.b32 at, from, 0; add.u32 at, at, tile; ld.shared.b32 a0, [at]; ld.shared.b32 a2, [at+2048];\n"
        + "xor.b32 at, from, 32; add.u32 at, at, tile; ld.shared.b32 a1, [at]; ld.shared.b32 a3, [at+2048];\n"
        + "xor.b32 at, from, 64; add.u32 at, at, tile; ld.shared.b32 a4, [at]; ld.shared.b32 a6, [at+2048];\n"
        + "xor.b32 at, from, 96; add.u32 at, at, tile; ld.shared.b32 a5, [at]; ld.shared.b32 a7, [at+2048];\n"
        + "xor.b32 at, from, 128; add.u32 at, at, tile; ld.shared.b32 a8, [at]; ld.shared.b32 a10, [at+2048];\n"
        + "xor.b32 at, from, 160; add.u32 at, at, tile; ld.shared.b32 a9, [at]; ld.shared.b32 a11, [at+2048];\n"
        + "xor.b32 at, from, 192; add.u32 at, at, tile; ld.shared.b32 a12, [at]; ld.shared.b32 a14, [at+2048];\n"
        + "xor.b32 at, from, 224; add.u32 at, at, tile; ld.shared.b32 a13, [at]; ld.shared.b32 a15, [at+2048];\n";

    // 8 columns of B and 8 k each: numbers (t, g), (t + 4, g)
    const string LoadAlongB = "add.u32 from, from, tile;\n" + Load4 + "{b0,b1,b2,b3}, [from];\n" + Load4 + "{b4,b5,b6,b7}, [from+1024];\n";
    const string LoadAcrossB =
        "xor.b32 at, from, 0; add.u32 at, at, tile; ld.shared.b32 b0, [at]; ld.shared.b32 b1, [at+2048];\n"
        + "xor.b32 at, from, 32; add.u32 at, at, tile; ld.shared.b32 b2, [at]; ld.shared.b32 b3, [at+2048];\n"
        + "xor.b32 at, from, 64; add.u32 at, at, tile; ld.shared.b32 b4, [at]; ld.shared.b32 b5, [at+2048];\n"
        + "xor.b32 at, from, 96; add.u32 at, at, tile; ld.shared.b32 b6, [at]; ld.shared.b32 b7, [at+2048];\n";

    const string Round =
        "cvt.rna.tf32.f32 a0, a0; cvt.rna.tf32.f32 a1, a1; cvt.rna.tf32.f32 a2, a2; cvt.rna.tf32.f32 a3, a3;\n"
        + "cvt.rna.tf32.f32 a4, a4; cvt.rna.tf32.f32 a5, a5; cvt.rna.tf32.f32 a6, a6; cvt.rna.tf32.f32 a7, a7;\n"
        + "cvt.rna.tf32.f32 a8, a8; cvt.rna.tf32.f32 a9, a9; cvt.rna.tf32.f32 a10, a10; cvt.rna.tf32.f32 a11, a11;\n"
        + "cvt.rna.tf32.f32 a12, a12; cvt.rna.tf32.f32 a13, a13; cvt.rna.tf32.f32 a14, a14; cvt.rna.tf32.f32 a15, a15;\n"
        + "cvt.rna.tf32.f32 b0, b0; cvt.rna.tf32.f32 b1, b1; cvt.rna.tf32.f32 b2, b2; cvt.rna.tf32.f32 b3, b3;\n"
        + "cvt.rna.tf32.f32 b4, b4; cvt.rna.tf32.f32 b5, b5; cvt.rna.tf32.f32 b6, b6; cvt.rna.tf32.f32 b7, b7;\n";

    const string Products = Round +
        Mma + "{c0,c1,c2,c3}, {a0,a1,a2,a3}, {b0,b1}, {c0,c1,c2,c3};\n"
        + Mma + "{c4,c5,c6,c7}, {a0,a1,a2,a3}, {b2,b3}, {c4,c5,c6,c7};\n"
        + Mma + "{c8,c9,c10,c11}, {a0,a1,a2,a3}, {b4,b5}, {c8,c9,c10,c11};\n"
        + Mma + "{c12,c13,c14,c15}, {a0,a1,a2,a3}, {b6,b7}, {c12,c13,c14,c15};\n"
        + Mma + "{c16,c17,c18,c19}, {a4,a5,a6,a7}, {b0,b1}, {c16,c17,c18,c19};\n"
        + Mma + "{c20,c21,c22,c23}, {a4,a5,a6,a7}, {b2,b3}, {c20,c21,c22,c23};\n"
        + Mma + "{c24,c25,c26,c27}, {a4,a5,a6,a7}, {b4,b5}, {c24,c25,c26,c27};\n"
        + Mma + "{c28,c29,c30,c31}, {a4,a5,a6,a7}, {b6,b7}, {c28,c29,c30,c31};\n"
        + Mma + "{c32,c33,c34,c35}, {a8,a9,a10,a11}, {b0,b1}, {c32,c33,c34,c35};\n"
        + Mma + "{c36,c37,c38,c39}, {a8,a9,a10,a11}, {b2,b3}, {c36,c37,c38,c39};\n"
        + Mma + "{c40,c41,c42,c43}, {a8,a9,a10,a11}, {b4,b5}, {c40,c41,c42,c43};\n"
        + Mma + "{c44,c45,c46,c47}, {a8,a9,a10,a11}, {b6,b7}, {c44,c45,c46,c47};\n"
        + Mma + "{c48,c49,c50,c51}, {a12,a13,a14,a15}, {b0,b1}, {c48,c49,c50,c51};\n"
        + Mma + "{c52,c53,c54,c55}, {a12,a13,a14,a15}, {b2,b3}, {c52,c53,c54,c55};\n"
        + Mma + "{c56,c57,c58,c59}, {a12,a13,a14,a15}, {b4,b5}, {c56,c57,c58,c59};\n"
        + Mma + "{c60,c61,c62,c63}, {a12,a13,a14,a15}, {b6,b7}, {c60,c61,c62,c63};\n";

    // half of a warp's numbers: (g, 2t), (g, 2t + 1), (g + 8, 2t), (g + 8, 2t + 1) of each product
    const string StoreUpper = "add.u32 to, tile, %0;\n"
        + "st.shared.v2.f32 [to+0], {c0,c1}; st.shared.v2.f32 [to+4352], {c2,c3};\n"
        + "st.shared.v2.f32 [to+32], {c4,c5}; st.shared.v2.f32 [to+4384], {c6,c7};\n"
        + "st.shared.v2.f32 [to+64], {c8,c9}; st.shared.v2.f32 [to+4416], {c10,c11};\n"
        + "st.shared.v2.f32 [to+96], {c12,c13}; st.shared.v2.f32 [to+4448], {c14,c15};\n"
        + "st.shared.v2.f32 [to+8704], {c16,c17}; st.shared.v2.f32 [to+13056], {c18,c19};\n"
        + "st.shared.v2.f32 [to+8736], {c20,c21}; st.shared.v2.f32 [to+13088], {c22,c23};\n"
        + "st.shared.v2.f32 [to+8768], {c24,c25}; st.shared.v2.f32 [to+13120], {c26,c27};\n"
        + "st.shared.v2.f32 [to+8800], {c28,c29}; st.shared.v2.f32 [to+13152], {c30,c31};\n";
    const string StoreLower = "add.u32 to, tile, %0;\n"
        + "st.shared.v2.f32 [to+0], {c32,c33}; st.shared.v2.f32 [to+4352], {c34,c35};\n"
        + "st.shared.v2.f32 [to+32], {c36,c37}; st.shared.v2.f32 [to+4384], {c38,c39};\n"
        + "st.shared.v2.f32 [to+64], {c40,c41}; st.shared.v2.f32 [to+4416], {c42,c43};\n"
        + "st.shared.v2.f32 [to+96], {c44,c45}; st.shared.v2.f32 [to+4448], {c46,c47};\n"
        + "st.shared.v2.f32 [to+8704], {c48,c49}; st.shared.v2.f32 [to+13056], {c50,c51};\n"
        + "st.shared.v2.f32 [to+8736], {c52,c53}; st.shared.v2.f32 [to+13088], {c54,c55};\n"
        + "st.shared.v2.f32 [to+8768], {c56,c57}; st.shared.v2.f32 [to+13120], {c58,c59};\n"
        + "st.shared.v2.f32 [to+8800], {c60,c61}; st.shared.v2.f32 [to+13152], {c62,c63};\n";

    /// <summary>c = f(a b + plus); a and b are addresses.</summary>
    public static void MatMul<LieA, LieB, F>(long a, long b, ArrayView<float> c, ArrayView<float> plus, MatMulShape shape,
        Operand rows, Operand columns, Epilogue<F> epilogue) where LieA : struct, ILie where LieB : struct, ILie where F : struct, IUnary
    {
        var shared = SharedMemory.Allocate<F4>(3 * Stage / 16);
        int down = (shape.M + Side - 1) / Side, across = (shape.N + Side - 1) / Side, tile = Grid.IdxX;
        int strip = tile / across, matrix = strip / down, top = (strip - matrix * down) * Side, left = (tile - strip * across) * Side;
        int split = matrix / shape.Batch, start = split * shape.SplitK, end = Math.Min(start + shape.SplitK, shape.K);
        var place = shape.Batches.At(matrix - split * shape.Batch);
        int thread = ILGPU.Group.IdxX, lane = thread % 32, warp = thread / 32, warpRow = warp / 4 * 64, warpColumn = warp % 4 * 32;
        int fromA = FragmentA<LieA>(lane, warpRow), fromB = Half + FragmentB<LieB>(lane, warpColumn);
        CudaAsm.Emit(Registers, fromA, fromB, Second<LieA>(fromA), Second<LieB>(fromB));
        CudaAsm.Emit(Zero);

        var bringA = new Courier<LieA>(a, place.A, rows, top, shape.M, thread);
        var bringB = new Courier<LieB>(b, place.B, columns, left, shape.N, thread);

        for (int stage = 0; stage < 2; stage++)
        {
            bringA.Go(rows, start + stage * Depth, end, stage * Stage);
            bringB.Go(columns, start + stage * Depth, end, stage * Stage + Half);
            CudaAsm.Emit("cp.async.commit_group;");
        }
        for (int k = start, stage = 0, free = 2 * Stage; k < end; k += Depth, stage = Next(stage), free = Next(free))
        {
            CudaAsm.Emit("cp.async.wait_group 1;");     // all but the latest
            ILGPU.Group.Barrier();
            bringA.Go(rows, k + 2 * Depth, end, free);
            bringB.Go(columns, k + 2 * Depth, end, free + Half);
            CudaAsm.Emit("cp.async.commit_group;");
            CudaAsm.Emit("add.u32 from, startA0, %0;", stage);
            LoadA<LieA>();
            CudaAsm.Emit("add.u32 from, startB0, %0;", stage);
            LoadB<LieB>();
            CudaAsm.Emit(Products);
            CudaAsm.Emit("add.u32 from, startA1, %0;", stage);
            LoadA<LieA>();
            CudaAsm.Emit("add.u32 from, startB1, %0;", stage);
            LoadB<LieB>();
            CudaAsm.Emit(Products);
        }
        CudaAsm.Emit("cp.async.wait_group 0;");
        ILGPU.Group.Barrier();

        // by way of shared memory, where a thread finds four neighbours of a row; half of each warp's rows at a time
        int to = (warpRow / 2 + lane / 4) * RowC + (warpColumn + lane % 4 * 2) * 4;
        for (int half = 0; half < 2; half++)
        {
            if (half == 0) CudaAsm.Emit(StoreUpper, to); else CudaAsm.Emit(StoreLower, to);
            ILGPU.Group.Barrier();
            for (int i = thread; i < Side / 2 * Side / 4; i += Group)
            {
                int row = i / (Side / 4), four = i % (Side / 4), rowC = top + row / 32 * 64 + half * 32 + row % 32;
                epilogue.Store(shared[row * (RowC / 16) + four], c, plus, matrix * shape.M * shape.CRow, rowC, left + 4 * four, shape);
            }
            ILGPU.Group.Barrier();
        }
    }

    static int Next(int stage) => stage == 2 * Stage ? 0 : stage + Stage;

    // What a thread copies of each stage of an operand: four neighbours, and four more 8 k or 64 rows or columns on.
    readonly struct Courier<Lie> where Lie : struct, ILie
    {
        readonly long from;
        readonly int k, count, countNext, to;

        public Courier(long x, int start, Operand o, int i, int n, int thread)
        {
            i += Lie.AlongK ? thread / (Depth / 4) : thread % (Side / 4) * 4;
            k = Lie.AlongK ? thread % (Depth / 4) * 4 : thread / (Side / 4);
            from = x + 4L * (start + i * o.Stride + k * o.StrideK);
            count = Lie.AlongK ? i < n ? 4 : 0 : Math.Min(Math.Max(n - i, 0), 4);
            countNext = Lie.AlongK ? i + Side / 2 < n ? 4 : 0 : count;
            to = Lie.AlongK ? i % Side * RowAlong + (k * 4 ^ i / 2 % 4 * 16) : k * RowAcross + (i % Side * 4 ^ k % 4 * 32);
        }

        /// <summary>Copies them from number start along k on into a stage; zeros where there are none.</summary>
        public void Go(Operand o, int start, int end, int stage)
        {
            int at = start * o.StrideK, next = at + (Lie.AlongK ? Side / 2 * o.Stride : Depth / 2 * o.StrideK), left = end - start - k;
            int four = Math.Min(Math.Max(left, 0), 4);
            Copy(o, stage + to, from + 4L * at, Lie.AlongK ? Math.Min(four, count) : left > 0 ? count : 0);
            Copy(o, stage + to + Half / 2, from + 4L * next, Lie.AlongK ? Math.Min(four, countNext) : left > Depth / 2 ? countNext : 0);
        }

        static void Copy(Operand o, int to, long from, int count)
        {
            if (o.Wide == 4)
            {
                CudaAsm.Emit(Copy16, to, from, 4 * count);
                return;
            }
            int step = Lie.AlongK ? o.StrideK : o.Stride;
            for (int i = 0; i < 4; i++) CudaAsm.Emit(Copy4, to + 4 * i, from + 4L * (i * step), i < count ? 4 : 0);
        }
    }

    // Where in a stage of A a thread reads what it hands to the first 8 k's products, and of B.
    static int FragmentA<Lie>(int lane, int row) where Lie : struct, ILie
    {
        if (!Lie.AlongK) return lane % 4 * RowAcross + ((row + lane / 4) * 4 ^ lane % 4 * 32);
        row += lane / 8 % 2 * 8 + lane % 8;         // ldmatrix takes the address of one row from each thread
        return row * RowAlong + (lane / 16 * 16 ^ row / 2 % 4 * 16);
    }

    static int FragmentB<Lie>(int lane, int column) where Lie : struct, ILie
    {
        if (!Lie.AlongK) return FragmentA<Lie>(lane, column);
        column += lane / 16 * 8 + lane % 8;
        return column * RowAlong + (lane / 8 % 2 * 16 ^ column / 2 % 4 * 16);
    }

    // the same of the second 8
    static int Second<Lie>(int fragment) where Lie : struct, ILie => Lie.AlongK ? fragment ^ 32 : fragment + 8 * RowAcross;

    static void LoadA<Lie>() where Lie : struct, ILie
    {
        if (Lie.AlongK) CudaAsm.Emit(LoadAlongA); else CudaAsm.Emit(LoadAcrossA);
    }

    static void LoadB<Lie>() where Lie : struct, ILie
    {
        if (Lie.AlongK) CudaAsm.Emit(LoadAlongB); else CudaAsm.Emit(LoadAcrossB);
    }
}
