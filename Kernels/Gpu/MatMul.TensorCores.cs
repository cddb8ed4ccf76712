using ILGPU;
using ILGPU.Runtime.Cuda;

namespace NanoAttention.Kernels.Gpu;

/// <summary>How an operand lies, as constants that the compiler sees: a branch in the loop would part what the assembler interleaves.</summary>
public interface ILie
{
    /// <summary>Whether neighbours along k are neighbours in memory.</summary>
    static abstract bool AlongK { get; }

    /// <summary>Whether each four of them start at a multiple of 16 bytes.</summary>
    static abstract bool IsWide { get; }
}

/// <summary>A as it is written, B transposed.</summary>
public readonly struct AlongK : ILie
{
    static bool ILie.AlongK => true;
    static bool ILie.IsWide => true;
}

/// <summary>A transposed, B as it is written.</summary>
public readonly struct AcrossK : ILie
{
    static bool ILie.AlongK => false;
    static bool ILie.IsWide => true;
}

/// <summary>The same with fours that start anywhere.</summary>
public readonly struct Narrow<L> : ILie where L : struct, ILie
{
    static bool ILie.AlongK => L.AlongK;
    static bool ILie.IsWide => false;
}

/// <summary>The columns and threads of the tile of <see cref="TensorCores.MatMul"/>.</summary>
public readonly struct TensorTile : ITile
{
    public static int Side => 16;
    public static int Blocks => 2;
    public static int Depth => TensorCores.Depth;
    public static bool IsRounded => true;
    public static bool IsWide => true;
}

/// <summary>A tile for the product in TF32 where there are no tensor cores: for the simulator, to try the precision out.</summary>
public readonly struct Rounded<T> : ITile where T : struct, ITile
{
    public static int Side => T.Side;
    public static int Blocks => T.Blocks;
    public static int Depth => T.Depth;
    public static bool IsRounded => true;
    public static bool IsWide => T.IsWide;

    /// <summary>x with 11 significant bits, the nearest, of two the one farther from 0: cvt.rna.tf32.f32.</summary>
    public static float Round(float x) => float.IsNaN(x) ? x : Interop.IntAsFloat(Interop.FloatAsInt(x) + 0x1000u & ~0x1fffu);
}

/// <summary>
/// The product by tensor cores, in TF32: operands are rounded to 11 significant bits, products are exact and are summed in F32. The
/// instructions have no name in C#, so their PTX is written out (NVIDIA, PTX ISA, 9.7.14: mma.m16n8k8, ldmatrix; 9.7.9: cp.async). For
/// CUDA from compute capability 8.0 on.
/// <para>
/// A group of 8 warps takes a tile of 256 × 128 numbers of C, a warp 64 × 64: 4 × 8 products of 16 × 8 by 8 × 8 numbers, a part of whose
/// sums, c0 to c127 in the PTX, each thread has. So large, because each number serves more products: fewer come from the L2 cache, from
/// shared memory, and, what costs most, fewer are rounded, for which the assembler has no instruction and takes three.
/// </para>
/// <para>
/// Shared memory holds four stages of 8 columns of A and rows of B: while one is multiplied, the next goes to registers, and the others
/// are on their way there, past the registers. An operand lies in a stage as it lies in memory, so that a thread copies 16 bytes at once;
/// which 16 bytes lie where is permuted (an exclusive or), so that the threads of a warp read different banks. What is row g of product
/// i to the tensor cores is row 8g + i of the tile, and so for columns: then an operand whose rows or columns are neighbours in memory is
/// read by fours too.
/// </para>
/// </summary>
public static class TensorCores
{
    /// <summary>The rows and columns of the tile, the columns of A in a stage, and the threads of a group.</summary>
    public const int Rows = 256, Columns = 128, Depth = 8, Group = 256;

    // Bytes: of A and of both operands in a stage, and of a row of C on its way out.
    const int StageA = Rows * Depth * 4, Stage = StageA + Columns * Depth * 4, RowC = 544;

    // sums, what is multiplied, what will be, and addresses: of shared memory, where in a stage this thread's numbers are, for the moment
    const string Registers = ".reg .f32 c<128>; .reg .b32 a<16>; .reg .b32 b<16>; .reg .b32 x<16>; .reg .b32 y<16>;\n"
        + ".reg .b32 tile, startA, startB, from, to, at;\n"
        + "mov.u32 tile, __shared_alloca0; mov.b32 startA, %0; mov.b32 startB, %1;";
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
        + "c56" + Z + "c57" + Z + "c58" + Z + "c59" + Z + "c60" + Z + "c61" + Z + "c62" + Z + "c63" + Z
        + "c64" + Z + "c65" + Z + "c66" + Z + "c67" + Z + "c68" + Z + "c69" + Z + "c70" + Z + "c71" + Z
        + "c72" + Z + "c73" + Z + "c74" + Z + "c75" + Z + "c76" + Z + "c77" + Z + "c78" + Z + "c79" + Z
        + "c80" + Z + "c81" + Z + "c82" + Z + "c83" + Z + "c84" + Z + "c85" + Z + "c86" + Z + "c87" + Z
        + "c88" + Z + "c89" + Z + "c90" + Z + "c91" + Z + "c92" + Z + "c93" + Z + "c94" + Z + "c95" + Z
        + "c96" + Z + "c97" + Z + "c98" + Z + "c99" + Z + "c100" + Z + "c101" + Z + "c102" + Z + "c103" + Z
        + "c104" + Z + "c105" + Z + "c106" + Z + "c107" + Z + "c108" + Z + "c109" + Z + "c110" + Z + "c111" + Z
        + "c112" + Z + "c113" + Z + "c114" + Z + "c115" + Z + "c116" + Z + "c117" + Z + "c118" + Z + "c119" + Z
        + "c120" + Z + "c121" + Z + "c122" + Z + "c123" + Z + "c124" + Z + "c125" + Z + "c126" + Z + "c127" + ", 0f00000000;";

    // of A, thread 4g + t's numbers (g, t), (g + 8, t), (g, t + 4), (g + 8, t + 4) of each of four products' 16 rows and 8 k
    const string LoadAlongA = "xor.b32 at, from, 64; add.u32 to, tile, from; add.u32 at, tile, at;\n"
        + Load4 + "{x0,x1,x2,x3}, [to]; " + Load4 + "{x4,x5,x6,x7}, [at];\n"
        + Load4 + "{x8,x9,x10,x11}, [to+128]; " + Load4 + "{x12,x13,x14,x15}, [at+128];\n";
    const string LoadAcrossA = "xor.b32 at, from, 16; add.u32 to, tile, from; add.u32 at, tile, at;\n"
        + "ld.shared.v4.b32 {x0,x1,x4,x5}, [to]; ld.shared.v4.b32 {x2,x3,x6,x7}, [to+4096];\n"
        + "ld.shared.v4.b32 {x8,x9,x12,x13}, [at]; ld.shared.v4.b32 {x10,x11,x14,x15}, [at+4096];\n";

    // of B, numbers (t, g), (t + 4, g) of each of eight products' 8 k and 8 columns
    const string LoadAlongB = "xor.b32 at, from, 64; add.u32 to, tile, from; add.u32 at, tile, at;\n"
        + Load4 + "{y0,y1,y2,y3}, [to]; " + Load4 + "{y4,y5,y6,y7}, [at];\n"
        + Load4 + "{y8,y9,y10,y11}, [to+128]; " + Load4 + "{y12,y13,y14,y15}, [at+128];\n";
    const string LoadAcrossB = "xor.b32 at, from, 16; add.u32 to, tile, from; add.u32 at, tile, at;\n"
        + "ld.shared.v4.b32 {y0,y2,y4,y6}, [to]; ld.shared.v4.b32 {y1,y3,y5,y7}, [to+2048];\n"
        + "ld.shared.v4.b32 {y8,y10,y12,y14}, [at]; ld.shared.v4.b32 {y9,y11,y13,y15}, [at+2048];\n";

    const string Round =
        "cvt.rna.tf32.f32 a0, x0; cvt.rna.tf32.f32 a1, x1; cvt.rna.tf32.f32 a2, x2; cvt.rna.tf32.f32 a3, x3;\n"
        + "cvt.rna.tf32.f32 a4, x4; cvt.rna.tf32.f32 a5, x5; cvt.rna.tf32.f32 a6, x6; cvt.rna.tf32.f32 a7, x7;\n"
        + "cvt.rna.tf32.f32 a8, x8; cvt.rna.tf32.f32 a9, x9; cvt.rna.tf32.f32 a10, x10; cvt.rna.tf32.f32 a11, x11;\n"
        + "cvt.rna.tf32.f32 a12, x12; cvt.rna.tf32.f32 a13, x13; cvt.rna.tf32.f32 a14, x14; cvt.rna.tf32.f32 a15, x15;\n"
        + "cvt.rna.tf32.f32 b0, y0; cvt.rna.tf32.f32 b1, y1; cvt.rna.tf32.f32 b2, y2; cvt.rna.tf32.f32 b3, y3;\n"
        + "cvt.rna.tf32.f32 b4, y4; cvt.rna.tf32.f32 b5, y5; cvt.rna.tf32.f32 b6, y6; cvt.rna.tf32.f32 b7, y7;\n"
        + "cvt.rna.tf32.f32 b8, y8; cvt.rna.tf32.f32 b9, y9; cvt.rna.tf32.f32 b10, y10; cvt.rna.tf32.f32 b11, y11;\n"
        + "cvt.rna.tf32.f32 b12, y12; cvt.rna.tf32.f32 b13, y13; cvt.rna.tf32.f32 b14, y14; cvt.rna.tf32.f32 b15, y15;\n";

    const string Products =
        Mma + "{c0,c1,c2,c3}, {a0,a1,a2,a3}, {b0,b1}, {c0,c1,c2,c3};\n"
        + Mma + "{c4,c5,c6,c7}, {a0,a1,a2,a3}, {b2,b3}, {c4,c5,c6,c7};\n"
        + Mma + "{c8,c9,c10,c11}, {a0,a1,a2,a3}, {b4,b5}, {c8,c9,c10,c11};\n"
        + Mma + "{c12,c13,c14,c15}, {a0,a1,a2,a3}, {b6,b7}, {c12,c13,c14,c15};\n"
        + Mma + "{c16,c17,c18,c19}, {a0,a1,a2,a3}, {b8,b9}, {c16,c17,c18,c19};\n"
        + Mma + "{c20,c21,c22,c23}, {a0,a1,a2,a3}, {b10,b11}, {c20,c21,c22,c23};\n"
        + Mma + "{c24,c25,c26,c27}, {a0,a1,a2,a3}, {b12,b13}, {c24,c25,c26,c27};\n"
        + Mma + "{c28,c29,c30,c31}, {a0,a1,a2,a3}, {b14,b15}, {c28,c29,c30,c31};\n"
        + Mma + "{c32,c33,c34,c35}, {a4,a5,a6,a7}, {b0,b1}, {c32,c33,c34,c35};\n"
        + Mma + "{c36,c37,c38,c39}, {a4,a5,a6,a7}, {b2,b3}, {c36,c37,c38,c39};\n"
        + Mma + "{c40,c41,c42,c43}, {a4,a5,a6,a7}, {b4,b5}, {c40,c41,c42,c43};\n"
        + Mma + "{c44,c45,c46,c47}, {a4,a5,a6,a7}, {b6,b7}, {c44,c45,c46,c47};\n"
        + Mma + "{c48,c49,c50,c51}, {a4,a5,a6,a7}, {b8,b9}, {c48,c49,c50,c51};\n"
        + Mma + "{c52,c53,c54,c55}, {a4,a5,a6,a7}, {b10,b11}, {c52,c53,c54,c55};\n"
        + Mma + "{c56,c57,c58,c59}, {a4,a5,a6,a7}, {b12,b13}, {c56,c57,c58,c59};\n"
        + Mma + "{c60,c61,c62,c63}, {a4,a5,a6,a7}, {b14,b15}, {c60,c61,c62,c63};\n"
        + Mma + "{c64,c65,c66,c67}, {a8,a9,a10,a11}, {b0,b1}, {c64,c65,c66,c67};\n"
        + Mma + "{c68,c69,c70,c71}, {a8,a9,a10,a11}, {b2,b3}, {c68,c69,c70,c71};\n"
        + Mma + "{c72,c73,c74,c75}, {a8,a9,a10,a11}, {b4,b5}, {c72,c73,c74,c75};\n"
        + Mma + "{c76,c77,c78,c79}, {a8,a9,a10,a11}, {b6,b7}, {c76,c77,c78,c79};\n"
        + Mma + "{c80,c81,c82,c83}, {a8,a9,a10,a11}, {b8,b9}, {c80,c81,c82,c83};\n"
        + Mma + "{c84,c85,c86,c87}, {a8,a9,a10,a11}, {b10,b11}, {c84,c85,c86,c87};\n"
        + Mma + "{c88,c89,c90,c91}, {a8,a9,a10,a11}, {b12,b13}, {c88,c89,c90,c91};\n"
        + Mma + "{c92,c93,c94,c95}, {a8,a9,a10,a11}, {b14,b15}, {c92,c93,c94,c95};\n"
        + Mma + "{c96,c97,c98,c99}, {a12,a13,a14,a15}, {b0,b1}, {c96,c97,c98,c99};\n"
        + Mma + "{c100,c101,c102,c103}, {a12,a13,a14,a15}, {b2,b3}, {c100,c101,c102,c103};\n"
        + Mma + "{c104,c105,c106,c107}, {a12,a13,a14,a15}, {b4,b5}, {c104,c105,c106,c107};\n"
        + Mma + "{c108,c109,c110,c111}, {a12,a13,a14,a15}, {b6,b7}, {c108,c109,c110,c111};\n"
        + Mma + "{c112,c113,c114,c115}, {a12,a13,a14,a15}, {b8,b9}, {c112,c113,c114,c115};\n"
        + Mma + "{c116,c117,c118,c119}, {a12,a13,a14,a15}, {b10,b11}, {c116,c117,c118,c119};\n"
        + Mma + "{c120,c121,c122,c123}, {a12,a13,a14,a15}, {b12,b13}, {c120,c121,c122,c123};\n"
        + Mma + "{c124,c125,c126,c127}, {a12,a13,a14,a15}, {b14,b15}, {c124,c125,c126,c127};\n";

    // a quarter of a warp's numbers: (g, 2t), (g, 2t + 1), (g + 8, 2t), (g + 8, 2t + 1) of each product; of its columns 16t to 16t + 15
    const string Store0 = "add.u32 to, tile, %0;\n"
        + "st.shared.v4.f32 [to], {c0,c4,c8,c12}; st.shared.v4.f32 [to+16], {c16,c20,c24,c28};\n"
        + "st.shared.v4.f32 [to+32], {c1,c5,c9,c13}; st.shared.v4.f32 [to+48], {c17,c21,c25,c29};\n"
        + "st.shared.v4.f32 [to+4352], {c2,c6,c10,c14}; st.shared.v4.f32 [to+4368], {c18,c22,c26,c30};\n"
        + "st.shared.v4.f32 [to+4384], {c3,c7,c11,c15}; st.shared.v4.f32 [to+4400], {c19,c23,c27,c31};\n";
    const string Store1 = "add.u32 to, tile, %0;\n"
        + "st.shared.v4.f32 [to], {c32,c36,c40,c44}; st.shared.v4.f32 [to+16], {c48,c52,c56,c60};\n"
        + "st.shared.v4.f32 [to+32], {c33,c37,c41,c45}; st.shared.v4.f32 [to+48], {c49,c53,c57,c61};\n"
        + "st.shared.v4.f32 [to+4352], {c34,c38,c42,c46}; st.shared.v4.f32 [to+4368], {c50,c54,c58,c62};\n"
        + "st.shared.v4.f32 [to+4384], {c35,c39,c43,c47}; st.shared.v4.f32 [to+4400], {c51,c55,c59,c63};\n";
    const string Store2 = "add.u32 to, tile, %0;\n"
        + "st.shared.v4.f32 [to], {c64,c68,c72,c76}; st.shared.v4.f32 [to+16], {c80,c84,c88,c92};\n"
        + "st.shared.v4.f32 [to+32], {c65,c69,c73,c77}; st.shared.v4.f32 [to+48], {c81,c85,c89,c93};\n"
        + "st.shared.v4.f32 [to+4352], {c66,c70,c74,c78}; st.shared.v4.f32 [to+4368], {c82,c86,c90,c94};\n"
        + "st.shared.v4.f32 [to+4384], {c67,c71,c75,c79}; st.shared.v4.f32 [to+4400], {c83,c87,c91,c95};\n";
    const string Store3 = "add.u32 to, tile, %0;\n"
        + "st.shared.v4.f32 [to], {c96,c100,c104,c108}; st.shared.v4.f32 [to+16], {c112,c116,c120,c124};\n"
        + "st.shared.v4.f32 [to+32], {c97,c101,c105,c109}; st.shared.v4.f32 [to+48], {c113,c117,c121,c125};\n"
        + "st.shared.v4.f32 [to+4352], {c98,c102,c106,c110}; st.shared.v4.f32 [to+4368], {c114,c118,c122,c126};\n"
        + "st.shared.v4.f32 [to+4384], {c99,c103,c107,c111}; st.shared.v4.f32 [to+4400], {c115,c119,c123,c127};\n";

    /// <summary>c = f(a b + plus); a and b are addresses.</summary>
    public static void MatMul<LieA, LieB, F>(long a, long b, ArrayView<float> c, ArrayView<float> plus, MatMulShape shape,
        Operand rows, Operand columns, Epilogue<F> epilogue) where LieA : struct, ILie where LieB : struct, ILie where F : struct, IUnary
    {
        var shared = SharedMemory.Allocate<F4>(4 * Stage / 16);
        int down = (shape.M + Rows - 1) / Rows, across = (shape.N + Columns - 1) / Columns, tile = Grid.IdxX;
        int strip = tile / across, matrix = strip / down, top = (strip - matrix * down) * Rows, left = (tile - strip * across) * Columns;
        int split = matrix / shape.Batch, start = split * shape.SplitK, end = Math.Min(start + shape.SplitK, shape.K);
        var place = shape.Batches.At(matrix - split * shape.Batch);
        int thread = ILGPU.Group.IdxX, lane = thread % 32, warp = thread / 32, warpRow = warp / 2 * 64, warpColumn = warp % 2 * 64;
        int fromA = LieA.AlongK ? Along(lane, lane / 8 % 2, lane / 16, warpRow) : Across(lane, Rows, warpRow);
        int fromB = LieB.AlongK ? Along(lane, lane / 16, lane / 8 % 2, warpColumn) : Across(lane, Columns, warpColumn);
        CudaAsm.Emit(Registers, fromA, StageA + fromB);
        CudaAsm.Emit(Zero);

        var bringA = new Courier<LieA>(a, place.A, rows, top, shape.M, thread, Rows);
        var bringB = new Courier<LieB>(b, place.B, columns, left, shape.N, thread, Columns);

        for (int stage = 0; stage < 4; stage++)
        {
            bringA.Go(rows, start + stage * Depth, end, stage * Stage, Rows);
            bringB.Go(columns, start + stage * Depth, end, stage * Stage + StageA, Columns);
            CudaAsm.Emit("cp.async.commit_group;");
        }
        CudaAsm.Emit("cp.async.wait_group 3;");         // all but the latest three
        ILGPU.Group.Barrier();
        Load<LieA, LieB>(0);
        CudaAsm.Emit(Round);
        for (int k = start, stage = 0; k < end; k += Depth, stage = Next(stage))
        {
            CudaAsm.Emit("cp.async.wait_group 2;");
            ILGPU.Group.Barrier();                      // the next stage is there, and nobody reads this one any more
            Load<LieA, LieB>(Next(stage));
            bringA.Go(rows, k + 4 * Depth, end, stage, Rows);
            bringB.Go(columns, k + 4 * Depth, end, stage + StageA, Columns);
            CudaAsm.Emit("cp.async.commit_group;");
            CudaAsm.Emit(Products);
            CudaAsm.Emit(Round);
        }
        CudaAsm.Emit("cp.async.wait_group 0;");
        ILGPU.Group.Barrier();

        // by way of shared memory, where a thread finds four neighbours of a row; a quarter of each warp's rows at a time
        int to = (warp / 2 * 16 + lane / 4) * RowC + (warpColumn + lane % 4 * 16) * 4;
        for (int quarter = 0; quarter < 4; quarter++)
        {
            if (quarter == 0) CudaAsm.Emit(Store0, to);
            else if (quarter == 1) CudaAsm.Emit(Store1, to);
            else if (quarter == 2) CudaAsm.Emit(Store2, to);
            else CudaAsm.Emit(Store3, to);
            ILGPU.Group.Barrier();
            for (int i = thread; i < Rows / 4 * Columns / 4; i += Group)
            {
                int row = i / (Columns / 4), four = i % (Columns / 4);
                int rowC = top + row / 16 * 64 + row % 8 * 8 + 2 * quarter + row % 16 / 8;
                epilogue.Store(shared[row * (RowC / 16) + four], c, plus, matrix * shape.M * shape.CRow, rowC, left + 4 * four, shape);
            }
            ILGPU.Group.Barrier();
        }
    }

    static int Next(int stage) => stage == 3 * Stage ? 0 : stage + Stage;

    // What a thread copies of each stage of an operand: four neighbours, and of A's 256 rows four more 4 k or 128 rows on.
    readonly struct Courier<Lie> where Lie : struct, ILie
    {
        readonly long from;
        readonly int k, count, countNext, to;

        public Courier(long x, int start, Operand o, int i, int n, int thread, int side)
        {
            int own = Lie.AlongK ? thread / 2 : thread % (side / 4) * 4;
            k = Lie.AlongK ? thread % 2 * 4 : thread / (side / 4);
            from = x + 4L * (start + (i + own) * o.Stride + k * o.StrideK);
            count = Lie.AlongK ? i + own < n ? 4 : 0 : Math.Min(n - i - own, 4);
            countNext = Lie.AlongK ? i + own + Rows / 2 < n ? 4 : 0 : count;
            to = Lie.AlongK ? own * 32 + k * 4 ^ own / 8 % 8 * 16 : k * side * 4 + (own * 4 ^ Permuted(k));
        }

        /// <summary>Copies them from number start along k on into a stage; zeros where there are none.</summary>
        public void Go(Operand o, int start, int end, int stage, int side)
        {
            int at = start * o.StrideK, next = at + (Lie.AlongK ? Rows / 2 * o.Stride : Depth / 2 * o.StrideK), left = end - start - k;
            Copy(o, stage + to, from + 4L * at, Math.Min(Lie.AlongK ? left : 4 * left, count));
            if (side == Rows)
                Copy(o, stage + to + StageA / 2, from + 4L * next, Math.Min(Lie.AlongK ? left : 4 * (left - Depth / 2), countNext));
        }

        static void Copy(Operand o, int to, long from, int count)
        {
            if (Lie.IsWide)
            {
                CudaAsm.Emit(Copy16, to, from, 4 * Math.Max(count, 0));
                return;
            }
            int step = Lie.AlongK ? o.StrideK : o.Stride;
            for (int i = 0; i < 4; i++) CudaAsm.Emit(Copy4, to + 4 * i, from + 4L * (i * step), i < count ? 4 : 0);
        }
    }

    // Where in a stage a thread reads what it hands to the tensor cores. Along k ldmatrix takes the address of a row of 16 bytes from each
    // thread: row or column 8 (lane % 8) + product, from the first k or the fifth on.
    static int Along(int lane, int product, int half, int first) =>
        (first + lane % 8 * 8) * 32 + (product * 32 + half * 16 ^ lane % 8 * 16);

    static int Across(int lane, int side, int first) => lane % 4 * side * 4 + ((first + lane / 4 * 8) * 4 ^ Permuted(lane));

    // k % 4 as it comes into addresses: two bits apart from those by which a warp's eighths of 16 bytes differ
    static int Permuted(int k) => k % 2 * 16 + k % 4 / 2 * 64;

    static void Load<LieA, LieB>(int stage) where LieA : struct, ILie where LieB : struct, ILie
    {
        CudaAsm.Emit("add.u32 from, startA, %0;", stage);
        if (LieA.AlongK) CudaAsm.Emit(LoadAlongA); else CudaAsm.Emit(LoadAcrossA);
        CudaAsm.Emit("add.u32 from, startB, %0;", stage);
        if (LieB.AlongK) CudaAsm.Emit(LoadAlongB); else CudaAsm.Emit(LoadAcrossB);
    }
}
