namespace NanoAttention.Benchmarks.Ptx;

/// <summary>A kernel's facts.</summary>
/// <param name="Family">The same for kernels that differ in their formula alone.</param>
/// <param name="Threads">How many threads a group has at most.</param>
/// <param name="Groups">For how many groups the engine wants room in a multiprocessor's registers.</param>
sealed record PtxRow(string Kernel, string Family, int Threads, int Groups, string Ptx, PtxFacts Facts)
{
    public override string ToString() => $"{Kernel}: {Facts}";
}

/// <summary>The facts as Markdown.</summary>
static class PtxTable
{
    const string Head = """
        # What the PTX of each GPU kernel says

        Written by `dotnet run -c Release --project Benchmarks -- gpu ptx --out Benchmarks/results/ptx.md`, which needs no GPU: ILGPU
        compiles the kernels as it does for CUDA. The driver's assembler makes machine code of the text, so some figures are estimates.

        - **Threads**: of a group, at most.
        - **Registers**: how many of 32 bits a thread needs at once if it runs in the order of the text. The assembler orders anew and may
          need more or fewer. It spills to local memory when a thread needs more than 255, or than the registers of a multiprocessor
          (65,536) leave each thread of the groups that the launch asks room for. Whether it does, only it can say (`ptxas -v`, or the
          driver on a GPU machine); no estimate here goes beyond.
        - **Local**: bytes that the text itself keeps in local memory. 0 says that ILGPU has put every number into a register.
        - **Global**, **shared**: loads/stores of 16 bytes, the most that a thread can move at once, and of fewer. Of every way through the
          kernel: those for numbers that do not lie at multiples of 16 bytes, or are too few, too.
        - **FMA**: multiplications that are added to something, which become one instruction. An mma of the tensor cores is 32 a thread.
        - **Loop**: the instructions of the loop that multiplies most of those that hold no other that does; where nothing multiplies, of
          the longest that holds no other.

        Of kernels that take a formula, the ones that need the fewest and the most registers, of all the engine's formulas and their
        derivatives; `gpu ptx --filter NAME` shows every one.
        """;

    /// <summary>The table: of a family all kernels, or two.</summary>
    public static string Of(IEnumerable<PtxRow> rows, bool all)
    {
        var table = new Table(1, "Kernel", "Threads", "Registers", "Shared bytes", "Local bytes", "Global 16 B", "fewer B", "Shared 16 B",
            "fewer B", "FMA", "Barriers", "Loop", "its FMA", "its 16 B", "its fewer B");
        foreach (var family in rows.GroupBy(row => row.Family).Select(members => members.ToArray()))
        {
            PtxRow[] sorted = [.. family.OrderBy(row => row.Facts.Registers).ThenBy(row => row.Facts.All.Instructions)];
            if (all || family.Length == 1)
                foreach (var row in family) Add(row);
            else
            {
                Add(sorted[0], ", fewest");
                Add(sorted[^1], ", most");
            }
        }
        return $"{Head}\n\n{table}".ReplaceLineEndings("\n");

        void Add(PtxRow row, string which = "")
        {
            var (facts, text, loop) = (row.Facts, row.Facts.All, row.Facts.Loop);
            table.Add($"`{row.Kernel}`{which}", $"{row.Threads}", $"{facts.Registers}", $"{facts.Shared}", $"{facts.Local}",
                $"{text.Loads.Wide}/{text.Stores.Wide}", $"{text.Loads.Narrow}/{text.Stores.Narrow}",
                $"{text.SharedLoads.Wide}/{text.SharedStores.Wide}", $"{text.SharedLoads.Narrow}/{text.SharedStores.Narrow}",
                Products(text), $"{text.Barriers}", $"{loop.Instructions}", Products(loop),
                $"{loop.Loads.Wide + loop.SharedLoads.Wide}/{loop.Stores.Wide + loop.SharedStores.Wide}",
                $"{loop.Loads.Narrow + loop.SharedLoads.Narrow}/{loop.Stores.Narrow + loop.SharedStores.Narrow}");
        }
    }

    static string Products(PtxCounts n) => n.Tensor == 0 ? $"{n.Fused}" : n.Fused == 0 ? $"{n.Tensor} mma" : $"{n.Tensor} mma, {n.Fused}";
}
