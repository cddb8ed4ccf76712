extern alias benchmarks;

using benchmarks::NanoAttention.Benchmarks.Ptx;

namespace NanoAttention.Tests;

/// <summary>
/// Which branches of a kernel the threads of a warp may part at, by what the conditions are made of: a thread's index, what lies at an
/// address of its own, and what is written on one side of such a branch and read behind it. Of the last ILGPU knows nothing when it
/// writes <c>bra.uni</c>, which promises the assembler that nobody parts there (NVIDIA, PTX ISA, 9.7.12: bra).
/// </summary>
static class PtxDivergence
{
    /// <summary>The branches that promise what may not hold.</summary>
    public static IEnumerable<string> BrokenPromises(string ptx)
    {
        var lines = new PtxText(ptx).Code;
        int[] meets = Meets(lines);
        var writers = lines.SelectMany((line, i) => line.Writes.Select(name => (name, i))).ToLookup(write => write.name, write => write.i);
        HashSet<string> own = [.. lines.Where(line => line.Text.Contains("%tid")).SelectMany(line => line.Writes)];
        var parting = new HashSet<int>();
        for (int before = -1; before < own.Count;)
        {
            before = own.Count;
            for (int i = 0; i < lines.Count; i++)
            {
                if (!lines[i].Reads.Any(own.Contains)) continue;
                own.UnionWith(lines[i].Writes);
                if (lines[i].Next.Length == 2 && parting.Add(i)) own.UnionWith(WrittenApart(i));
            }
        }
        return parting.Where(i => lines[i].Text.Contains("bra.uni")).Select(i => lines[i].Text);

        // what is written between a branch and where its ways meet again, and may be read from there on
        IEnumerable<string> WrittenApart(int branch)
        {
            var apart = Reached(lines, lines[branch].Next, i => i == meets[branch]);
            return apart.Where(i => i < lines.Count).SelectMany(i => lines[i].Writes.Where(name => writers[name].Count() > 1
                && Reached(lines, lines[i].Next, j => lines[j].Writes.Contains(name) && !lines[j].Reads.Contains(name))
                    .Any(j => j < lines.Count && !apart.Contains(j) && lines[j].Reads.Contains(name)))).ToArray();
        }
    }

    // the lines that may follow; not what follows those to stop at
    static HashSet<int> Reached(IReadOnlyList<PtxInstruction> lines, int[] from, Func<int, bool> stops)
    {
        var reached = new HashSet<int>();
        var next = new Stack<int>(from);
        while (next.TryPop(out int i))
            if (i == lines.Count || !stops(i))
                if (reached.Add(i) && i < lines.Count)
                    foreach (int to in lines[i].Next) next.Push(to);
        return reached;
    }

    // for each line the first that every way from it to the end passes (its immediate postdominator: Cooper, Harvey and Kennedy, 2001)
    static int[] Meets(IReadOnlyList<PtxInstruction> lines)
    {
        var before = Enumerable.Range(0, lines.Count).SelectMany(i => lines[i].Next.Select(to => (i, to))).ToLookup(step => step.to, step => step.i);
        var (order, rank, seen) = (new List<int>(), new int[lines.Count + 1], new HashSet<int> { lines.Count });
        var next = new Stack<(int, IEnumerator<int>)>([(lines.Count, before[lines.Count].GetEnumerator())]);
        while (next.TryPeek(out var top))
            if (!top.Item2.MoveNext()) order.Add(next.Pop().Item1);
            else if (seen.Add(top.Item2.Current)) next.Push((top.Item2.Current, before[top.Item2.Current].GetEnumerator()));
        for (int i = 0; i < order.Count; i++) rank[order[i]] = i;       // the end has the highest

        var meets = new int[lines.Count + 1];
        Array.Fill(meets, -1);
        meets[lines.Count] = lines.Count;
        for (bool changes = true; changes;)
        {
            changes = false;
            foreach (int i in order.AsEnumerable().Reverse().Skip(1))
            {
                int meet = lines[i].Next.Where(to => meets[to] >= 0).Aggregate(Common);
                changes |= meets[i] != meet;
                meets[i] = meet;
            }
        }
        return meets;

        int Common(int a, int b)
        {
            while (a != b) (a, b) = rank[a] < rank[b] ? (meets[a], b) : (a, meets[b]);
            return a;
        }
    }
}
