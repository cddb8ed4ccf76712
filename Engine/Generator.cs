namespace NanoAttention;

/// <summary>
/// Counter-based random numbers (Salmon et al. 2011): number i of a seed is a pure function of (seed, i), so every device and
/// every number of threads yields the same ones, and the whole state is these two integers.
/// </summary>
public sealed class Generator(ulong seed, ulong position = 0)
{
    public ulong Seed => seed;

    /// <summary>How many numbers have been taken.</summary>
    public ulong Position { get; private set; } = position;

    /// <summary>
    /// Takes the next numbers for <paramref name="count"/> normal ones, which are made in pairs out of pairs: from an even position
    /// to an even one, so that no other draw shares a pair. Returns the position of the first.
    /// </summary>
    public ulong TakePairs(int count)
    {
        ulong first = Position + (Position & 1);
        Position = first + (ulong)count + ((ulong)count & 1);
        return first;
    }

    /// <summary>Takes the next <paramref name="count"/> numbers; returns the position of the first.</summary>
    public ulong Take(int count)
    {
        ulong first = Position;
        Position += (ulong)count;
        return first;
    }
}
