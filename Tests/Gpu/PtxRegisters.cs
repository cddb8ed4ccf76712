using System.Text.RegularExpressions;

namespace NanoAttention.Tests;

/// <summary>
/// How many registers of 32 bits a kernel needs at once if it runs in the order of its PTX: what is read after a place and not written
/// before counts there. The assembler can do with fewer, by another order. Parameters and constants, which it reads where it needs
/// them, and predicates, which have registers of their own, do not count.
/// </summary>
static partial class PtxRegisters
{
    /// <summary>An instruction, the registers that it writes and reads, and which may be next; the last is followed by their count.</summary>
    public sealed record Line(string Text, string[] Writes, string[] Reads, int[] Next);

    public static int MostAtOnce(string ptx)
    {
        var lines = Parse(ptx);
        var free = Constant().Matches(ptx).Select(match => match.Groups[1].Value).ToHashSet();
        HashSet<string>[] before = [.. Enumerable.Range(0, lines.Count + 1).Select(_ => new HashSet<string>())];    // needed at each line
        for (bool grows = true; grows;)
        {
            grows = false;
            for (int i = lines.Count - 1; i >= 0; i--)
            {
                int old = before[i].Count;
                foreach (int next in lines[i].Next) before[i].UnionWith(before[next].Except(lines[i].Writes));
                before[i].UnionWith(lines[i].Reads);
                grows |= before[i].Count > old;
            }
        }
        return before.Max(needed => needed.Except(free).Sum(name => name.StartsWith("%p") ? 0 : name.StartsWith("%rd") ? 2 : 1));
    }

    /// <summary>The instructions of a kernel.</summary>
    public static List<Line> Parse(string ptx)
    {
        string body = ptx[ptx.IndexOf("\n{")..];
        var labels = new Dictionary<string, int>();
        var texts = new List<string>();
        foreach (string part in body.Trim('\n', '{', '}').Split(';', StringSplitOptions.TrimEntries))
        {
            string text = part;
            for (; Label().Match(text) is { Success: true } label; text = text[label.Length..])
                labels.Add(label.Groups[1].Value, texts.Count);
            if (text.Length > 0 && text[0] != '.') texts.Add(text);
        }
        return [.. texts.Select((text, i) =>
        {
            var match = Instruction().Match(text);
            string op = match.Groups[2].Value, rest = match.Groups[3].Value;
            bool isGuarded = match.Groups[1].Success, hasResult = !NoResult().IsMatch(op);
            string result = !hasResult ? "" : rest.StartsWith('{') ? rest[..rest.IndexOf('}')] : rest.Split(',')[0];
            int[] next = op == "ret" ? [texts.Count] : !op.StartsWith("bra") ? [i + 1] : isGuarded ? [i + 1, labels[rest]] : [labels[rest]];
            return new Line(text, isGuarded ? [] : Names(result), [.. Names(rest[result.Length..]), .. Names(match.Groups[1].Value)], next);
        })];
    }

    static string[] Names(string text) => [.. Name().Matches(text).Select(match => match.Value)];

    // ILGPU's registers, and those that inline PTX has declared: a0, x0, c0 and so on and places in shared memory
    [GeneratedRegex(@"%(?:rd|rs|r|f|p)\d+|\b(?:[abcxy]\d+|tile|start\w+|from|to|at)\b")]
    private static partial Regex Name();

    [GeneratedRegex(@"(?:ld\.param\.\w+|cvta\S*|mov\.\w+)\s+(%\w+|tile),\s+(?:\[_|%rd\d+;|__shared)")]
    private static partial Regex Constant();

    [GeneratedRegex(@"^(L_\w+):\s*")]
    private static partial Regex Label();

    [GeneratedRegex(@"^(@!?%p\d+)?\s*(\S+)\s*(.*)$", RegexOptions.Singleline)]
    private static partial Regex Instruction();

    [GeneratedRegex(@"^(st\.|bra|ret|bar|cp\.async)")]
    private static partial Regex NoResult();
}
