using System.Text.RegularExpressions;

namespace NanoAttention.Benchmarks.Ptx;

/// <summary>
/// One instruction of PTX: its text, without a label, which registers it writes and reads, and which instructions may come next, by number;
/// the last is followed by their count.
/// </summary>
sealed record PtxInstruction(string Text, string Op, string Operands, string[] Writes, string[] Reads, int[] Next);

/// <summary>The PTX of a kernel, instruction by instruction.</summary>
sealed partial class PtxText
{
    // Registers by name: of how many registers of 32 bits each is. Predicates have registers of their own.
    readonly Dictionary<string, int> sizes = [];
    readonly HashSet<string> free;              // which hold a parameter, or where shared memory lies

    public PtxText(string ptx)
    {
        foreach (Match match in Declaration().Matches(ptx))
            foreach (string name in match.Groups[2].Value.Split(',', StringSplitOptions.TrimEntries))
                Declare(name, match.Groups[1].Value is "pred" ? 0 : match.Groups[1].Value.EndsWith("64") ? 2 : 1);
        var labels = new Dictionary<string, int>();
        var texts = new List<string>();
        foreach (string part in ptx[ptx.IndexOf("\n{")..].Trim('\n', '{', '}').Split(';', StringSplitOptions.TrimEntries))
        {
            string text = part;
            for (; Label().Match(text) is { Success: true } label; text = text[label.Length..])
                labels.Add(label.Groups[1].Value, texts.Count);
            if (text.Length > 0 && text[0] != '.') texts.Add(text);
        }
        labels.Add("", texts.Count);            // where ret goes
        Code = [.. texts.Select((text, i) => Parse(text, i, labels))];
        free = [.. Code.Where(IsConstant).SelectMany(i => i.Writes).Except(Code.Where(i => !IsConstant(i)).SelectMany(i => i.Writes))];
    }

    public IReadOnlyList<PtxInstruction> Code { get; }

    void Declare(string name, int size)
    {
        var many = Many().Match(name);
        if (!many.Success) sizes[name] = size;
        else
            for (int i = 0; i < int.Parse(many.Groups[2].Value); i++) sizes[many.Groups[1].Value + i] = size;
    }

    PtxInstruction Parse(string text, int i, Dictionary<string, int> labels)
    {
        var match = Instruction().Match(text);
        string guard = match.Groups[1].Value, op = match.Groups[2].Value, rest = match.Groups[3].Value;
        string result = NoResult().IsMatch(op) ? "" : rest.StartsWith('{') ? rest[..rest.IndexOf('}')] : rest.Split(',')[0];
        int[] next = op != "ret" && !op.StartsWith("bra") ? [i + 1] : guard == "" ? [labels[rest]] : [i + 1, labels[rest]];
        return new(text, op, rest, guard != "" ? [] : Registers(result), [.. Registers(rest[result.Length..]), .. Registers(guard)], next);
    }

    static bool IsConstant(PtxInstruction i) => i.Op.StartsWith("ld.param") || i.Op.StartsWith("cvta") || i.Operands.Contains("__shared");

    string[] Registers(string text) => [.. Name().Matches(text).Select(match => match.Value).Where(sizes.ContainsKey)];

    /// <summary>
    /// How many registers of 32 bits the kernel needs at once if it runs in the order of its PTX: what is read after a place and not
    /// written before counts there. Parameters, which are read where they are needed, and predicates do not count.
    /// </summary>
    public int MostAtOnce()
    {
        HashSet<string>[] before = [.. Enumerable.Range(0, Code.Count + 1).Select(_ => new HashSet<string>())];    // needed at each line
        for (bool grows = true; grows;)
        {
            grows = false;
            for (int i = Code.Count - 1; i >= 0; i--)
            {
                int old = before[i].Count;
                foreach (int next in Code[i].Next) before[i].UnionWith(before[next].Except(Code[i].Writes));
                before[i].UnionWith(Code[i].Reads);
                grows |= before[i].Count > old;
            }
        }
        return before.Max(needed => needed.Except(free).Sum(name => sizes[name]));
    }

    /// <summary>The loops, each as the numbers of its instructions.</summary>
    public IReadOnlyCollection<SortedSet<int>> Loops()
    {
        var from = Enumerable.Range(0, Code.Count).SelectMany(i => Code[i].Next.Select(next => (i, next))).ToLookup(e => e.next, e => e.i);
        var loops = new Dictionary<int, SortedSet<int>>();         // by their first instruction
        foreach (var (end, head) in BackEdges())
        {
            var loop = loops.TryGetValue(head, out var known) ? known : loops[head] = [head];
            for (Stack<int> open = new([end]); open.TryPop(out int i);)
                if (loop.Add(i))
                    foreach (int before in from[i]) open.Push(before);
        }
        return loops.Values;
    }

    // From an instruction to one that it was reached through.
    List<(int From, int To)> BackEdges()
    {
        var edges = new List<(int, int)>();
        HashSet<int> seen = [0, Code.Count], open = [];
        var path = new Stack<(int At, int Done)>([(0, 0)]);
        while (path.TryPop(out var step))
        {
            var (at, done) = step;
            open.Add(at);
            if (done == Code[at].Next.Length)
            {
                open.Remove(at);
                continue;
            }
            path.Push((at, done + 1));
            int next = Code[at].Next[done];
            if (open.Contains(next)) edges.Add((at, next));
            else if (seen.Add(next)) path.Push((next, 0));
        }
        return edges;
    }

    [GeneratedRegex(@"\.reg\s+\.(\w+)\s+([^;]+);")]
    private static partial Regex Declaration();

    [GeneratedRegex(@"^(\S+)<(\d+)>$")]
    private static partial Regex Many();

    [GeneratedRegex(@"%?\w+")]
    private static partial Regex Name();

    [GeneratedRegex(@"^(L_\w+):\s*")]
    private static partial Regex Label();

    [GeneratedRegex(@"^(@!?%p\d+)?\s*(\S+)\s*(.*)$", RegexOptions.Singleline)]
    private static partial Regex Instruction();

    [GeneratedRegex(@"^(st\.|bra|ret|bar|cp\.async)")]
    private static partial Regex NoResult();
}
