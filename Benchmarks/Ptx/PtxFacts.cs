using System.Text.RegularExpressions;

namespace NanoAttention.Benchmarks.Ptx;

/// <summary>What a kernel's PTX says of its speed.</summary>
/// <param name="Registers">How many registers a thread needs: <see cref="PtxText.MostAtOnce"/>.</param>
/// <param name="Shared">Bytes of shared memory a group.</param>
/// <param name="Local">Bytes of local memory a thread.</param>
/// <param name="Calls">Calls of functions, which would keep registers in local memory.</param>
/// <param name="All">The instructions of the whole text.</param>
/// <param name="Loop">Those of the busiest loop: the one with the most products of those that hold no other that multiplies; where nothing
/// multiplies, the longest that holds no other.</param>
sealed partial record PtxFacts(int Registers, int Shared, int Local, int Calls, PtxCounts All, PtxCounts Loop)
{
    public static PtxFacts Of(string ptx)
    {
        var text = new PtxText(ptx);
        var loops = text.Loops().Select(loop => (Lines: loop, Counts: PtxCounts.Of([.. loop.Select(i => text.Code[i])]))).ToArray();
        var innermost = loops.Where(loop =>
            !loops.Any(other => other.Lines.IsProperSubsetOf(loop.Lines) && (loop.Counts.Products == 0 || other.Counts.Products > 0)));
        return new(text.MostAtOnce(), Bytes("shared"), Bytes("local"), text.Code.Count(i => i.Op.StartsWith("call")),
            PtxCounts.Of(text.Code),
            innermost.Select(loop => loop.Counts).Append(PtxCounts.Of([])).MaxBy(n => (n.Products, n.Instructions))!);

        int Bytes(string space) => Arrays().Matches(ptx).Where(a => a.Groups[1].Value == space).Sum(a => int.Parse(a.Groups[2].Value));
    }

    [GeneratedRegex(@"\.(shared|local)\s[^;]*\[(\d+)\];")]
    private static partial Regex Arrays();
}

/// <summary>How many instructions there are of each kind.</summary>
/// <param name="Fused">Products that are added to something, which the assembler makes one instruction of (FMA).</param>
/// <param name="Tensor">Products of fragments by tensor cores, each 32 FMAs of every thread.</param>
sealed partial record PtxCounts(int Instructions, int Fused, int Tensor, int Barriers, Moves Loads, Moves Stores, Moves SharedLoads,
    Moves SharedStores)
{
    /// <summary>How many multiplications are added to something.</summary>
    public int Products => Fused + 32 * Tensor;

    public static PtxCounts Of(IReadOnlyList<PtxInstruction> code)
    {
        var products = code.Where(i => i.Op is "mul.f32" or "mul.f64").SelectMany(i => i.Writes).ToHashSet();
        return new(code.Count,
            code.Count(i => Sum().IsMatch(i.Op) && i.Reads.Any(products.Contains) || i.Op.StartsWith("fma.")),
            code.Count(i => i.Op.StartsWith("mma.")), code.Count(i => i.Op.StartsWith("bar.")),
            Of(GlobalLoad()), Of(GlobalStore()), Of(SharedLoad()), Of(SharedStore()));

        Moves Of(Regex kind)
        {
            var moves = code.Where(i => kind.IsMatch(i.Op)).ToArray();
            int wide = moves.Count(i => Wide().IsMatch(i.Op) || i.Op.StartsWith("cp.") && i.Operands.Contains("], 16"));
            return new(wide, moves.Length - wide);
        }
    }

    [GeneratedRegex(@"^(add|sub)\.f(32|64)$")]
    private static partial Regex Sum();

    // an address in a table is one that may lie anywhere, as far as ILGPU knows
    [GeneratedRegex(@"^(ld\.(global|[^gsp])|cp\.async\.c[ag])")]
    private static partial Regex GlobalLoad();

    [GeneratedRegex(@"^st\.[^s]")]
    private static partial Regex GlobalStore();

    [GeneratedRegex(@"^(ld\.shared|ldmatrix)")]
    private static partial Regex SharedLoad();

    [GeneratedRegex(@"^st\.shared")]
    private static partial Regex SharedStore();

    [GeneratedRegex(@"\.(v4\.[a-z]32|v2\.[a-z]64|x4)")]
    private static partial Regex Wide();
}

/// <summary>How many moves there are of 16 bytes, the most that a thread can move at once, and of fewer.</summary>
readonly record struct Moves(int Wide, int Narrow);
