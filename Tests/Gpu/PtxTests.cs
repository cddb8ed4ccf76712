extern alias benchmarks;

using System.Text.RegularExpressions;
using benchmarks::NanoAttention.Benchmarks.Ptx;
using ILGPU.Runtime;
using NanoAttention.Kernels.Gpu;
using Xunit;

namespace NanoAttention.Tests;

/// <summary>What the PTX of single kernels is made of; what holds of all is in <see cref="PtxTableTests"/>.</summary>
[Trait("Category", "Gpu")]
public class PtxTests
{
    // Per two columns of A: the multiplications, and the loads of four from shared memory; what ends in a v4 moves 16 bytes at once.
    [Theory]
    [InlineData(typeof(Tile128), 128, 8, 128), InlineData(typeof(Tile64), 32, 4, 64), InlineData(typeof(Tile32), 32, 4, 64)]
    public void The_register_tiles_move_four_floats_at_a_time_and_leave_products_to_be_fused(Type tile, int products, int loads,
        int registers)
    {
        var kernel = typeof(MatMul).GetMethod(nameof(MatMul.Registers))!.MakeGenericMethod(tile, typeof(Identity));
        string ptx = PtxKernel.Compile(kernel, new KernelSpecialization(256, 2));
        var facts = PtxFacts.Of(ptx);
        Assert.Equal(products, facts.All.Fused);
        Assert.Equal(products, facts.Loop.Fused);
        Assert.DoesNotContain("mul.rn.f32", ptx);
        Assert.Equal(new Moves(loads, 0), facts.Loop.SharedLoads);
        Assert.Equal(2 * 2, facts.All.SharedStores.Wide);           // A and B, before the first step and in each
        Assert.Equal(2 * 2 + 1, facts.All.Loads.Wide);              // and what is added
        Assert.Equal(1, facts.All.Loads.Narrow);                    // which alone may come number by number
        Assert.Equal(1, facts.All.Stores.Wide);
        Assert.Equal(2, facts.All.Barriers);                        // a barrier a step
        Assert.Contains(".maxntid 256", ptx);
        Assert.InRange(facts.Registers, products / 2, registers);   // 512 threads have 128 each, 1024 have 64
    }

    // A thread multiplies 32 numbers a step, two steps at once, of so many products of tiles; it loads and stores four numbers at a time.
    [Theory]
    [InlineData("Forward", 2, 24, 20, 12, 1, 4), InlineData("BackwardByQuery", 3, 26, 20, 20, 1, 4)]
    [InlineData("BackwardByKey", 4, 26, 26, 24, 2, 3)]
    public void Attentions_tiles_move_four_floats_at_a_time_and_leave_products_to_be_fused(string name, int products,
        int loads, int stores, int globalLoads, int globalStores, int groups)
    {
        string ptx = PtxKernel.Compile(typeof(Attention).GetMethod(name)!.MakeGenericMethod(typeof(AttentionTile64)),
            GpuDevice.AttentionBounds<AttentionTile64>(name));
        Assert.Matches($@"\.maxntid 128, 1, 1\s+\.minnctapersm {groups}\s", ptx);
        var facts = PtxFacts.Of(ptx);
        Assert.InRange(Regex.Count(ptx, @"mul\.f32\s+(%f\d+), .*\n\s*add\.f32\s+%f\d+, %f\d+, \1;"), 64 * products, 64 * products + 63);
        Assert.Equal(64, facts.Loop.Fused);
        Assert.DoesNotContain("mul.rn.f32", ptx);
        Assert.Equal((loads, stores), (facts.All.SharedLoads.Wide, facts.All.SharedStores.Wide));
        Assert.Equal((globalLoads, globalStores), (facts.All.Loads.Wide, facts.All.Stores.Wide));
        // so many groups of 128 threads have room on a multiprocessor, whose system takes 1 KB of shared memory for each
        Assert.InRange(facts.Shared, 1, Math.Min(48 * 1024, 228 * 1024 / groups - 1024));
        Assert.InRange(facts.Registers, 64, 65536 / 128 / groups / 8 * 8);
    }

    [Fact]
    public void A_number_chosen_where_threads_part_is_not_taken_for_uniform()
    {
        const string ptx = """
            .visible .entry Kernel(.param .b32 _n)
            {
            .reg .pred %p<4>;
            .reg .b32 %r<4>;
            mov.b32 %r1, %tid.x;
            ld.param.b32 %r2, [_n];
            mov.b32 %r3, 4;
            setp.lt.s32 %p1, %r1, %r2;
            @%p1 bra L_1;
            mov.b32 %r3, 0;
            L_1:
            setp.ge.s32 %p2, %r3, 4;
            @%p2 bra.uni L_2;
            setp.ge.s32 %p3, %r2, 4;
            @%p3 bra.uni L_2;
            bar.sync 0;
            L_2:
            ret;
            }
            """;
        Assert.Equal("@%p2 bra.uni L_2", Assert.Single(PtxDivergence.BrokenPromises(ptx)));
        Assert.Equal(2, PtxDivergence.BrokenPromises(ptx.Replace("bra L", "bra.uni L")).Count());
    }
}
