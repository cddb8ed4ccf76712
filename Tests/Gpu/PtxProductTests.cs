extern alias benchmarks;

using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using benchmarks::NanoAttention.Benchmarks.Ptx;
using ILGPU.Runtime;
using NanoAttention.Kernels;
using NanoAttention.Kernels.Gpu;
using Xunit;

namespace NanoAttention.Tests;

/// <summary>Matrix products as PTX: what that by tensor cores is made of, and what it and the register tiles compute.</summary>
[Trait("Category", "Gpu")]
public class PtxProductTests
{
    public static TheoryData<Type, Type> Lies => new()
    {
        { typeof(AlongK), typeof(AlongK) },
        { typeof(AlongK), typeof(AcrossK) },
        { typeof(AcrossK), typeof(AlongK) },
        { typeof(AcrossK), typeof(AcrossK) },
    };

    [Theory, MemberData(nameof(Lies))]
    public void Sums_stay_in_registers_and_numbers_go_past_them(Type a, Type b)
    {
        string ptx = Ptx(a, b);
        Assert.Equal(32, Regex.Count(ptx, @"mma\.sync\.aligned\.m16n8k8\.row\.col\.f32\.tf32\.tf32\.f32"));
        // before the first step and in each: 16 numbers of A and of B, by fours
        Assert.Equal(2 * (16 + 16), Regex.Count(ptx, @"cvt\.rna\.tf32\.f32"));
        Assert.Equal((a == typeof(AlongK) ? 2 * 4 : 0) + (b == typeof(AlongK) ? 2 * 4 : 0), Regex.Count(ptx, "ldmatrix"));
        Assert.Equal((a == typeof(AlongK) ? 0 : 2 * 4) + (b == typeof(AlongK) ? 0 : 2 * 4), Regex.Count(ptx, @"ld\.shared\.v4\.b32"));
        Assert.Equal(2 * 3, Regex.Count(ptx, @"cp\.async\.cg\.shared\.global \[to\], \[%rd\d+\], 16"));
        Assert.Equal(1, Regex.Count(ptx, @"__shared_alloca0\[49152\]"));
        Assert.DoesNotContain("__shared_alloca1", ptx);
        Assert.DoesNotContain(".local", ptx);
        Assert.Empty(PtxDivergence.BrokenPromises(ptx));
        Assert.InRange(PtxFacts.Of(ptx).Registers, 128 + 64, 255);
    }

    // Tiles that are full and that are not, one and several, sums in parts; loads of four numbers and of one; both moments of a copy.
    [Theory]
    [InlineData(256, 128, 40, 1, true), InlineData(20, 36, 36, 1, true), InlineData(259, 5, 7, 1, false), InlineData(64, 136, 56, 2, false)]
    public void The_PTX_computes_the_product(int m, int n, int k, int splits, bool isLate)
    {
        foreach (var row in Lies)
        {
            var (a, b) = row.Data;
            bool alongA = a == typeof(AlongK), alongB = b == typeof(AlongK);
            if ((alongA ? k : m) % 4 != 0 || (alongB ? k : n) % 4 != 0)
                (a, b) = (typeof(Narrow<>).MakeGenericType(a), typeof(Narrow<>).MakeGenericType(b));
            CheckPtx(Ptx(a, b), Rounded<Tile8>.Round, (TensorCores.Rows, TensorCores.Columns), TensorCores.Group, alongA, alongB, m, n, k,
                splits, isLate);
        }
    }

    /// <summary>The register tiles at the size that they have on a GPU, which is too much for ILGPU's simulator.</summary>
    [Theory]
    [InlineData(typeof(Tile128), 128, 256, 128, 132, 20), InlineData(typeof(Tile128), 128, 256, 70, 129, 9)]
    [InlineData(typeof(Tile64), 64, 256, 64, 68, 20), InlineData(typeof(Tile32), 32, 64, 35, 32, 12)]
    public void The_PTX_of_the_register_tiles_does_too(Type tile, int side, int group, int m, int n, int k)
    {
        Check(along: true, isWide: k % 4 == 0);
        Check(along: false, isWide: m % 4 == 0 && n % 4 == 0);

        void Check(bool along, bool isWide)
        {
            var type = isWide ? tile : typeof(Scattered<>).MakeGenericType(tile);
            string ptx = PtxKernel.Compile(typeof(MatMul).GetMethod(nameof(MatMul.Registers))!.MakeGenericMethod(type, typeof(Identity)));
            CheckPtx(ptx, x => x, (side, side), group, alongA: along, alongB: along, m, n, k, 1, false);
        }
    }

    static void CheckPtx(string ptx, Func<float, float> round, (int Rows, int Columns) tile, int group, bool alongA, bool alongB, int m, int n, int k,
        int splits, bool isLate)
    {
        int startA = 64, startB = startA + m * k + 64 & ~3, startPlus = startB + n * k + 64 & ~3, startC = startPlus + n + 64 & ~3;
        NanoAttention.Kernels.Cpu.MatMulShape cpu = new(1, m, n, k, alongA ? k : 1, alongA ? 1 : m, alongB ? 1 : n, alongB ? k : 1, n);
        var shape = new MatMulShape(cpu, splits);
        bool takesAddresses = ptx.Contains("mma.sync");
        var machine = new PtxMachine(ptx,
        [
            takesAddresses ? 4L * startA : View(startA, m * k), takesAddresses ? 4L * startB : View(startB, n * k),
            View(startC, splits * m * n), View(startPlus, n), Bytes(shape),
            Bytes(new Operand(cpu.ARow, cpu.ACol)), Bytes(new Operand(cpu.BCol, cpu.BRow)),
            Bytes(new Epilogue<Identity>(default, 0, n % 4 == 0)),
        ], isLate);
        var memory = MemoryMarshal.Cast<byte, float>(machine.Memory.AsSpan());
        memory.Fill(float.NaN);
        var random = new Random(m + n + k);
        foreach (var (start, count) in new[] { (startA, m * k), (startB, n * k), (startPlus, n) })
            for (int i = 0; i < count; i++) memory[start + i] = (float)(random.NextDouble() * 2 - 1);
        int tiles = splits * ((m + tile.Rows - 1) / tile.Rows) * ((n + tile.Columns - 1) / tile.Columns);
        for (int i = 0; i < tiles; i++) machine.Run(i, tiles, group);

        memory = MemoryMarshal.Cast<byte, float>(machine.Memory.AsSpan());
        for (int split = 0; split < splits; split++)
            for (int i = 0; i < m; i++)
                for (int j = 0; j < n; j++)
                {
                    double sum = memory[startPlus + j];
                    for (int l = split * shape.SplitK; l < Math.Min(k, (split + 1) * shape.SplitK); l++)
                    {
                        float a = memory[startA + i * cpu.ARow + l * cpu.ACol], b = memory[startB + j * cpu.BCol + l * cpu.BRow];
                        sum += (double)round(a) * round(b);
                    }
                    Assert.Equal(sum, memory[startC + (split * m + i) * n + j], 2e-5);
                }
        Assert.Equal(takesAddresses ? 0 : machine.Loads, machine.PairedLoads);
        Assert.Equal(0, machine.ConflictingLoads);
        Assert.True(float.IsNaN(memory[startC - 1]) && float.IsNaN(memory[startC + splits * m * n]));
    }

    static byte[] View(int start, int length) => Bytes((4L * start, (long)length));

    static byte[] Bytes<T>(T value) where T : struct
    {
        var bytes = new byte[Unsafe.SizeOf<T>()];
        Unsafe.WriteUnaligned(ref bytes[0], value);
        return bytes;
    }

    static readonly Dictionary<(Type, Type), string> compiled = [];

    static string Ptx(Type a, Type b)
    {
        lock (compiled)
        {
            if (compiled.TryGetValue((a, b), out string? ptx)) return ptx;
            var kernel = typeof(TensorCores).GetMethod(nameof(TensorCores.MatMul), BindingFlags.Public | BindingFlags.Static)!;
            return compiled[(a, b)] = PtxKernel.Compile(kernel.MakeGenericMethod(a, b, typeof(Identity)), new KernelSpecialization(TensorCores.Group, 1));
        }
    }
}
