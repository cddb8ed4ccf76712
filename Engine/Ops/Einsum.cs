namespace NanoAttention;

public sealed partial class Tensor
{
    /// <summary>
    /// Einstein's sum: <c>"bij,bjk->bik"</c> names the axes of each operand and of the result; products of numbers are summed over every
    /// name that the result lacks. A name that stands twice in an operand is its diagonal; … stands for axes without a name, which
    /// broadcast. Without <c>-></c> the result has … and, in alphabetical order, the names that stand once. Operands are multiplied from
    /// left to right, each time as one batched matrix product.
    /// </summary>
    public static Tensor Einsum(string equation, params ReadOnlySpan<Tensor> operands)
    {
        var (inputs, output) = Terms(equation, operands);
        var (y, names) = Labelled(operands[0], inputs[0], equation);
        for (int i = 1; i < operands.Length; i++)
        {
            var (x, other) = Labelled(operands[i], inputs[i], equation);
            var wanted = new HashSet<char>(output);
            foreach (string later in inputs[(i + 1)..]) wanted.UnionWith(later);
            (y, names) = Contracted((y, names), (x, other), wanted, equation);
        }
        return Ordered(y, names, output);
    }

    // The axes' names of each operand and of the result. The axes of … get names of their own, counted from the last.
    static (string[] Inputs, string Output) Terms(string equation, ReadOnlySpan<Tensor> operands)
    {
        string[] sides = equation.Replace(" ", "").Split("->"), inputs = sides[0].Split(',');
        if (sides.Length > 2 || inputs.Length != operands.Length) throw Wrong($"{inputs.Length} terms for {operands.Length} operands");
        int unnamed = 0;
        for (int i = 0; i < inputs.Length; i++)
        {
            int names = inputs[i].Replace("...", "").Length, rest = operands[i].Rank - names;
            if (rest < 0 || rest > 0 && !inputs[i].Contains("...")) throw Wrong($"the term {inputs[i]} names {names} axes of {operands[i].Shape}");
            inputs[i] = Filled(inputs[i], rest);
            unnamed = Math.Max(unnamed, rest);
        }
        string all = string.Concat(inputs);
        string output = sides.Length == 2 ? Filled(sides[1], unnamed)
            : Filled("...", unnamed) + string.Concat(all.Where(c => char.IsLetter(c) && all.Count(other => other == c) == 1).Order());
        foreach (char c in output)
            if (output.Count(other => other == c) > 1 || !all.Contains(c)) throw Wrong($"the result's {c} stands twice, or in no operand");
        return (inputs, output);

        string Filled(string term, int rest)
        {
            string names = string.Concat(Enumerable.Range(0, rest).Select(i => (char)('0' + rest - 1 - i)));
            int at = term.IndexOf("...", StringComparison.Ordinal);
            string letters = at < 0 ? term : term.Remove(at, 3);
            if (!letters.All(char.IsAsciiLetter)) throw Wrong($"the term {term} holds more than letters and one ...");
            return at < 0 ? term : letters.Insert(at, names);
        }

        ArgumentException Wrong(string what) => new($"Einsum: {equation}: {what}");
    }

    // An operand with each name on one axis: diagonals of the names that stand twice.
    static (Tensor, string) Labelled(Tensor x, string names, string equation)
    {
        for (int i = 0; i < names.Length;)
        {
            int j = names.IndexOf(names[i], i + 1);
            if (j < 0)
            {
                i++;
                continue;
            }
            if (x.Shape[i] != x.Shape[j])
                throw new ArgumentException($"Einsum: {equation}: {names[i]} has sizes {x.Shape[i]} and {x.Shape[j]} in {x.Shape}");
            x = x.Diagonal(0, i, j);                                                        // its axis comes last
            names = names.Remove(j, 1).Remove(i, 1) + names[i];
        }
        return (x, names);
    }

    // The product of two operands, summed over the names that nobody wants later: (batch, left, sum) × (batch, sum, right).
    static (Tensor, string) Contracted((Tensor X, string Names) a, (Tensor X, string Names) b, HashSet<char> wanted, string equation)
    {
        foreach (char c in a.Names.Intersect(b.Names))
        {
            int n = a.X.Shape[a.Names.IndexOf(c)], m = b.X.Shape[b.Names.IndexOf(c)];
            if (n != m && n != 1 && m != 1)
                throw new ArgumentException($"Einsum: {equation}: {(char.IsDigit(c) ? "an axis of ..." : c)} has sizes {n} and {m}");
            if (n == m) continue;
            if (n == 1) a = (a.X.Expand(a.X.Shape.With(a.Names.IndexOf(c), m).Sizes), a.Names);
            else b = (b.X.Expand(b.X.Shape.With(b.Names.IndexOf(c), n).Sizes), b.Names);
        }
        string both = string.Concat(a.Names.Intersect(b.Names)), batch = Wanted(both), sum = string.Concat(both.Except(batch));
        string left = Wanted(a.Names.Except(both)), right = Wanted(b.Names.Except(both));
        Tensor x = Ordered(a.X, a.Names, batch + left + sum), y = Ordered(b.X, b.Names, batch + sum + right);
        int before = batch.Length, behind = batch.Length + left.Length;
        Shape batches = x.Shape[..before], lefts = x.Shape[before..behind], sums = x.Shape[behind..], rights = y.Shape[both.Length..];
        var product = x.Reshape(batches.Count, lefts.Count, sums.Count).MatMul(y.Reshape(batches.Count, sums.Count, rights.Count));
        return (product.Reshape([.. batches.Sizes, .. lefts.Sizes, .. rights.Sizes]), batch + left + right);

        string Wanted(IEnumerable<char> names) => string.Concat(names.Where(wanted.Contains));
    }

    // The axes in the order of the names; those that are not among them summed up.
    static Tensor Ordered(Tensor x, string names, string order)
    {
        int[] gone = [.. Enumerable.Range(0, names.Length).Where(i => !order.Contains(names[i]))];
        if (gone.Length > 0) x = x.Sum(gone);
        string left = string.Concat(names.Where(order.Contains));
        int[] places = [.. order.Select(c => left.IndexOf(c))];
        return places.SequenceEqual(Enumerable.Range(0, places.Length)) ? x : x.Permute(places);
    }

    static Case[] EinsumCases =>
    [
        Case.Of((a, b) => Einsum("bij,bjk->bik", a, b), [2, 3, 4], [2, 4, 2]) with { Twin = t => t[0].MatMul(t[1]) },
        Case.Of(x => Einsum("iij->ji", x), [3, 3, 2]),
        Case.Of(x => Einsum("ii", x), [4, 4]),
        Case.Of((a, b) => Einsum("i,j->ij", a, b), [3], [4]),
        Case.Of((a, b) => Einsum("...ij,...jk->...ki", a, b), [2, 1, 3, 4], [5, 4, 2]),
        Case.Of((a, b, c) => Einsum("bn,anm,bm->ba", a, b, c), [2, 3], [4, 3, 5], [2, 5]),
        Case.Of((a, b, c) => Einsum("ij,j,jk->k", a, b, c), [2, 3], [3], [3, 4]),
    ];
}
