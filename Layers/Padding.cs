namespace NanoAttention;

/// <summary>Sequences of unequal lengths in one tensor.</summary>
public static class Padding
{
    /// <summary>(b, size) Bool, true at the first lengths[i] places of row i: where a mask lets attention look.</summary>
    public static Tensor Mask(int[] lengths, int size, Device? device = null)
    {
        ArgumentNullException.ThrowIfNull(lengths);
        Shape shape = [lengths.Length, size];
        var inside = shape.Numbers<bool>("Padding");
        for (int i = 0; i < lengths.Length; i++)
        {
            if ((uint)lengths[i] > (uint)size) throw new ArgumentException($"Padding: the length {lengths[i]} of row {i} is not between 0 and {size}");
            inside.AsSpan(i * size, lengths[i]).Fill(true);
        }
        return Tensor.From(inside, shape, device);
    }

    /// <summary>(b, longest) I32: the sequences, filled up with <c>padding</c>.</summary>
    public static Tensor Batch(IReadOnlyList<int[]> sequences, int padding = Translator.Pad, Device? device = null)
    {
        int longest = sequences.Select(s => s.Length).DefaultIfEmpty().Max();
        Shape shape = [sequences.Count, longest];
        var padded = shape.Numbers<int>("Padding");
        Array.Fill(padded, padding);
        for (int i = 0; i < sequences.Count; i++) sequences[i].CopyTo(padded, i * longest);
        return Tensor.From(padded, shape, device);
    }
}
