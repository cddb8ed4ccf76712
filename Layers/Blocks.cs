namespace NanoAttention;

/// <summary>Blocks one behind the other.</summary>
static class Blocks
{
    const int most = 10_000;        // more than any model has; each takes memory

    /// <summary>Made one by one. Throws where there are too few, or more than memory could hold.</summary>
    public static M[] Of<M>(string layer, int count, Func<M> make)
    {
        Check(layer, count, 0);
        return [.. Enumerable.Range(0, count).Select(_ => make())];
    }

    public static void Check(string layer, int count, int least)
    {
        if (count < least || count > most) throw new ArgumentOutOfRangeException(nameof(count), $"{layer}: it must have from {least} to {most:N0} layers, not {count}");
    }
}
