extern alias benchmarks;

using benchmarks::NanoAttention.Benchmarks.Ptx;
using Xunit;

namespace NanoAttention.Tests;

/// <summary>What must hold of the PTX of every GPU kernel, and that Benchmarks/results/ptx.md says what is counted now.</summary>
[Trait("Category", "Gpu")]
public class PtxTableTests
{
    [Fact]
    public void Facts_are_counted_as_the_text_has_them()
    {
        var facts = PtxFacts.Of("""
            .visible .entry Kernel( .param .align 8 .b8 _x[16] )
            {
                .shared .align 16 .b8 __shared_alloca0[512];
                .local .align 8 .b8 __local_depot[24];
                .reg .pred %p<2>;
                .reg .b32 %r<3>;
                .reg .b64 %rd<4>;
                .reg .f32 %f<7>;
                ld.param.b64 %rd1, [_x];
                mov.b32 %r1, %tid.x;
                L_1:
                ld.global.v4.f32 {%f1, %f2, %f3, %f4}, [%rd1];
                ld.f32 %f6, [%rd1+16];
                st.shared.f32 [%rd2], %f6;
                L_2:
                mul.f32 %f5, %f1, %f2;
                add.f32 %f3, %f4, %f5;
                setp.lt.s32 %p1, %r1, 9;
                @%p1 bra L_2;
                bar.sync 0;
                @!%p1 bra L_1;
                cp.async.cg.shared.global [%r1], [%rd1], 16, %r1;
                st.global.f32 [%rd1], %f3;
                ret;
            }
            """);
        // before the first store: r1, f1, f2, f4, f6 and, of two, rd2, which nothing has written
        Assert.Equal((7, 512, 24, 0), (facts.Registers, facts.Shared, facts.Local, facts.Calls));
        Assert.Equal(new PtxCounts(14, 1, 0, 1, new(2, 1), new(0, 1), default, new(0, 1)), facts.All);
        Assert.Equal(new PtxCounts(4, 1, 0, 0, default, default, default, default), facts.Loop);
    }

#if GPU
    static readonly Lazy<PtxRow[]> rows = new(() => PtxKernel.Rows(PtxKernel.All));

    [Fact]
    public void Every_kernel_keeps_its_numbers_in_registers_and_has_room_for_its_groups()
    {
        Assert.All(rows.Value, row =>
        {
            var facts = row.Facts;
            Assert.Equal((0, 0), (facts.Local, facts.Calls));
            int registers = (facts.Registers + 7) / 8 * 8;              // as they are handed out
            Assert.InRange(registers, 1, 255);
            Assert.InRange(registers * row.Threads * row.Groups, 1, 65536);
            Assert.InRange(facts.Shared, 0, 48 * 1024);
        });
    }

    [Fact]
    public void Elementwise_kernels_move_16_bytes_at_a_time_where_numbers_lie_beside_each_other()
    {
        string[] names =
        [
            "Map.Forward", "Map.Backward", "Zip.Forward", "Zip.BackwardA", "Zip.BackwardB", "Axpy.Add", "Dropout.Apply",
            "Copy.Strided<F4>", "CopyInto.Strided<F4>",
        ];
        foreach (string name in names)
        {
            var kernels = rows.Value.Where(row => row.Kernel.StartsWith(name)).ToArray();
            Assert.NotEmpty(kernels);
            Assert.All(kernels, row =>
            {
                var (loads, stores) = (row.Facts.All.Loads, row.Facts.All.Stores);
                Assert.Equal(1, stores.Wide);
                Assert.InRange(stores.Narrow, 0, 1);                    // the rest, one by one
                Assert.InRange(loads.Narrow, 0, loads.Wide);
            });
        }
    }

    [Fact]
    public void No_kernel_promises_that_threads_stay_together_where_they_may_part() =>
        Assert.All(rows.Value, row => Assert.Empty(PtxDivergence.BrokenPromises(row.Ptx)));

    [Fact]
    public void The_table_that_is_kept_is_what_is_printed_now()
    {
        using var kept = new StreamReader(typeof(PtxTableTests).Assembly.GetManifestResourceStream("ptx.md")!);
        bool isSame = kept.ReadToEnd().ReplaceLineEndings("\n") == PtxTable.Of(rows.Value, all: false);
        Assert.True(isSame, "kernels have changed: `dotnet run -c Release --project Benchmarks -- gpu ptx --out Benchmarks/results/ptx.md` "
            + "writes the table anew, and git diff shows how");
    }
#else
    [Fact(Skip = "built without ILGPU, which makes the PTX")]
    public void Every_kernel_keeps_its_numbers_in_registers_and_has_room_for_its_groups() { }
#endif
}
