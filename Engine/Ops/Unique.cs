namespace NanoAttention;

public sealed partial class Tensor
{
    /// <summary>
    /// The different numbers of an axis, or of all axes, if none is given; along an axis the different slices, compared number by number.
    /// In rising order (NaN, which equals itself here, the largest), or in that in which they come. With them, I32: where each is first,
    /// which of them each number is, and how often each comes. Of any type. The size depends on the numbers, so it waits for the device.
    /// </summary>
    public (Tensor Values, Tensor Indices, Tensor Inverse, Tensor Counts) Unique(int? axis = null, bool sorted = true)
    {
        if (axis is null && Rank != 1) return Reshape(Count).Unique(0, sorted);
        int a = Shape.Axis(axis ?? 0, "Unique"), n = Shape[a];
        double[] values = (a == 0 ? this : Transpose(0, a)).Detach().ToDoubles();       // n slices one behind the other
        int size = Shape.Without(a).Count;

        var order = new int[n];
        for (int i = 0; i < n; i++) order[i] = i;
        Array.Sort(order, (i, j) => Compared(i, j) is var c and not 0 ? c : i - j);
        var found = new List<(int First, int Count)>();
        var inverse = new int[n];
        for (int i = 0; i < n; i++)
        {
            if (i == 0 || Compared(order[i - 1], order[i]) != 0) found.Add((order[i], 0));
            found[^1] = (found[^1].First, found[^1].Count + 1);
            inverse[order[i]] = found.Count - 1;
        }
        int[] places = new int[found.Count], ranks = new int[found.Count];              // of the result; where each came
        for (int i = 0; i < places.Length; i++) places[i] = i;
        if (!sorted) Array.Sort(places, (i, j) => found[i].First - found[j].First);
        for (int i = 0; i < places.Length; i++) ranks[places[i]] = i;

        var indices = Vector(Array.ConvertAll(places, i => found[i].First));
        return (IndexSelect(a, indices), indices, Vector(Array.ConvertAll(inverse, i => ranks[i])),
            Vector(Array.ConvertAll(places, i => found[i].Count)));

        Tensor Vector(int[] numbers) => From(numbers, [numbers.Length], Device);

        int Compared(int i, int j)
        {
            for (int k = 0; k < size; k++)
            {
                double x = values[i * size + k], y = values[j * size + k];
                int c = double.IsNaN(x) || double.IsNaN(y) ? double.IsNaN(x).CompareTo(double.IsNaN(y)) : x.CompareTo(y);
                if (c != 0) return c;
            }
            return 0;
        }
    }

    static Case[] UniqueCases =>
    [
        Case.Of(x => x.Unique().Values, [2, 3]),
        Case.Of(x => x.Unique(1).Values, [2, 4]),
        Case.Of(x => Concat([x, x]).Unique(0, sorted: false).Values, [3, 2]),
    ];
}
