using Number = NanoAttention.Kernels.Dual<NanoAttention.Tests.Gradients.Real>;

namespace NanoAttention.Tests.Gradients;

static partial class Trials
{
    public static Trial MatMul(Draw d)
    {
        var (leadA, leadB) = d.Pair(maxRank: 2);
        int n = d.Size(filled: false), k = d.Size(filled: false), m = d.Size(filled: false);
        Shape a = d.Int(0, 5) == 5 ? [k] : [.. leadA, n, k], b = d.Int(0, 5) == 5 ? [k] : [.. leadB, k, m];
        return new($"{a} × {b}", [d.Tensor(a), d.Tensor(b)], t => t[0].MatMul(t[1]), g =>
        {
            // a vector is a row on the left and a column on the right, whose axis goes
            var (x, y) = (a.Rank == 1 ? g[0].Reshape([1, k]) : g[0], b.Rank == 1 ? g[1].Reshape([k, 1]) : g[1]);
            var lead = Shape.Broadcast(x.Shape[..^2], y.Shape[..^2]);
            var product = Grid.Of([.. lead, x.Shape[^2], y.Shape[^1]],
                i => Grid.Sum(k, j => x.Stretched([.. i[..^1], j]) * y.Stretched([.. i[..^2], j, i[^1]])));
            return product.Reshape([.. lead, .. a.Rank == 1 ? Array.Empty<int>() : [n], .. b.Rank == 1 ? Array.Empty<int>() : [m]]);
        });
    }

    public static Trial Linear(Draw d)
    {
        var x = d.Tensor(1, 3);
        var (n, biased) = (d.Size(), d.Flag());
        Operand[] inputs = [x, d.Tensor([n, x.Shape[^1]]), .. biased ? new[] { d.Tensor([n]) } : []];
        return new($"Linear of {x} with a weight {inputs[1]}, bias: {biased}", inputs, t => t[0].Linear(t[1], biased ? t[2] : null),
            g => Grid.Of([.. x.Shape.Sizes[..^1], n], i =>
                Grid.Sum(x.Shape[^1], k => g[0][[.. i[..^1], k]] * g[1][i[^1], k]) + (biased ? g[2][i[^1]] : Num(0))));
    }

    public static Trial Einsum(Draw d)
    {
        const string Letters = "abcd";
        int[] sizes = [.. Letters.Select(_ => d.Size())];
        string[] terms = [.. Enumerable.Range(0, d.Int(1, 3))
            .Select(_ => new string([.. Enumerable.Range(0, d.Int(0, 3)).Select(_ => d.Of<char>(Letters))]))];
        char[] used = [.. terms.SelectMany(t => t).Distinct()];
        char[] result = [.. d.Order(used.Length).Select(i => used[i]).Take(d.Int(0, used.Length))];
        string equation = $"{string.Join(',', terms)}->{new string(result)}";
        Shape Named(IEnumerable<char> names) => [.. names.Select(c => sizes[Letters.IndexOf(c)])];
        return new($"{equation}, sizes {string.Join(", ", sizes)}", [.. terms.Select(t => d.Tensor(Named(t)))], t =>
            Tensor.Einsum(equation, t), g =>
        {
            int[][] all = [.. Generators.Indices(Named(used))];
            return Grid.Of(Named(result), i => Grid
                .Sum(all.Where(j => result.Index().All(r => j[Array.IndexOf(used, r.Item)] == i[r.Index]))
                .Select(j => Grid.Product(g.Select((x, n) => x[[.. terms[n].Select(c => j[Array.IndexOf(used, c)])]])))));
        });
    }

    public static Trial TensorDot(Draw d)
    {
        var shared = d.Shape(0, 2);
        Shape a = [.. d.Shape(0, 2), .. shared], b = [.. shared, .. d.Shape(0, 2)];
        int n = shared.Rank;
        return new($"TensorDot({a}, {b}, {n})", [d.Tensor(a), d.Tensor(b)], t => t[0].TensorDot(t[1], n),
            g => Grid.Of([.. a.Sizes[..^n], .. b.Sizes[n..]], i =>
                Grid.Sum(Generators.Indices(shared).Select(j => g[0][[.. i[..(a.Rank - n)], .. j]] * g[1][[.. j, .. i[(a.Rank - n)..]]]))));
    }

    public static Trial Kron(Draw d)
    {
        Operand a = d.Tensor([d.Size(), d.Size()]), b = d.Tensor([d.Size(), d.Size()]);
        var (n, m) = (b.Shape[0], b.Shape[1]);
        return new($"{a} ⊗ {b}", [a, b], t => t[0].Kron(t[1]),
            g => Grid.Of([a.Shape[0] * n, a.Shape[1] * m], i => g[0][i[0] / n, i[1] / m] * g[1][i[0] % n, i[1] % m]));
    }

    public static Trial Cross(Draw d)
    {
        var (a, b) = d.Pair();
        (a, b) = ([.. a, 3], [.. b, 3]);
        return new($"{a} cross {b}", [d.Tensor(a), d.Tensor(b)], t => t[0].Cross(t[1]), g => Grid.Of(Shape.Broadcast(a, b), i =>
        {
            int last = i.Length - 1, next = (i[last] + 1) % 3, other = (i[last] + 2) % 3;
            Number X(int k) => g[0].Stretched(i.With(last, k));
            Number Y(int k) => g[1].Stretched(i.With(last, k));
            return X(next) * Y(other) - X(other) * Y(next);
        }));
    }

    /// <summary>Leibniz' sum over permutations.</summary>
    public static Trial Det(Draw d)
    {
        var lead = d.Shape(0, 2);
        int n = d.Int(1, 4);
        return new($"Det of {lead} matrices of size {n}", [d.Tensor([.. lead, n, n])], t => t[0].Det(),
            g => Grid.Of(lead, i => Grid.Sum(Permutations([.. Enumerable.Range(0, n)]).Select(p =>
            {
                int crossings = p.Index().Sum(a => p[..a.Index].Count(b => b > a.Item));
                return Num(crossings % 2 == 0 ? 1 : -1) * Grid.Product(p.Select((column, row) => g[0][[.. i, row, column]]));
            }))));

        static IEnumerable<int[]> Permutations(int[] left) => left.Length == 0 ? [[]]
            : left.SelectMany(first => Permutations([.. left.Where(k => k != first)]).Select(rest => (int[])[first, .. rest]));
    }
}
