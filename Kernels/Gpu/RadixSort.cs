using ILGPU;

namespace NanoAttention.Kernels.Gpu;

/// <summary>
/// Sorts positions by their index, keeping equal ones in order: once for each eight bits, from the last on. A thread takes a chunk of the
/// positions, and counts in it how often each digit comes (<see cref="Count"/>); the counts' running sum (<see cref="Sum"/>), digit by digit
/// and in it chunk by chunk, says where its positions go (<see cref="Place"/>). No thread waits for another's count, so the order is fixed.
/// </summary>
public static class RadixSort
{
    /// <summary>How many values a digit has.</summary>
    public const int Digits = 256;

    const int digitBits = 8;

    /// <summary>How many times so many different indices have to be sorted.</summary>
    public static int Passes(int indices)
    {
        int passes = 1;
        for (int rest = indices >> digitBits; rest > 0; rest >>= digitBits) passes++;
        return passes;
    }

    /// <summary>How many positions a chunk has: so many that there are at most a thousand chunks.</summary>
    public static int Chunk(int count) => Math.Max(64, (count + 1023) / 1024);

    /// <summary>counts[d, c] = how often digit number <paramref name="pass"/> is d in chunk c. The counts were 0.</summary>
    /// <param name="from">The positions as they are sorted so far; empty: 0, 1, ….</param>
    /// <param name="rows">Indices that are none of 0, …, rows − 1 count as rows.</param>
    public static void Count(ArrayView<int> indices, ArrayView<int> from, ArrayView<int> counts, int rows, int pass)
    {
        int chunk = Chunk(indices.IntLength), chunks = counts.IntLength / Digits;
        for (int c = Threads.First; c < chunks; c += Threads.All)
            for (int i = c * chunk; i < (c + 1) * chunk && i < indices.IntLength; i++) counts[Digit(indices, from, i, rows, pass) * chunks + c]++;
    }

    /// <summary>Each count becomes the sum of all before it. One group does it.</summary>
    public static void Sum(ArrayView<int> counts)
    {
        var shared = SharedMemory.Allocate<int>(Threads.MaxGroup);
        int part = (counts.IntLength + Group.DimX - 1) / Group.DimX, first = Group.IdxX * part, end = Math.Min(first + part, counts.IntLength), sum = 0;
        for (int i = first; i < end; i++) sum += counts[i];
        shared[Group.IdxX] = sum;
        Group.Barrier();
        sum = 0;
        for (int t = 0; t < Group.IdxX; t++) sum += shared[t];
        for (int i = first; i < end; i++)
        {
            int count = counts[i];
            counts[i] = sum;
            sum += count;
        }
    }

    /// <summary>The positions in the order of this digit.</summary>
    /// <param name="starts">From <see cref="Sum"/>.</param>
    public static void Place(ArrayView<int> indices, ArrayView<int> from, ArrayView<int> starts, ArrayView<int> to, int rows, int pass)
    {
        int chunk = Chunk(indices.IntLength), chunks = starts.IntLength / Digits;
        for (int c = Threads.First; c < chunks; c += Threads.All)
            for (int i = c * chunk; i < (c + 1) * chunk && i < indices.IntLength; i++)
                to[starts[Digit(indices, from, i, rows, pass) * chunks + c]++] = Position(from, i);
    }

    static int Position(ArrayView<int> from, int i) => from.Length > 0 ? from[i] : i;

    static int Digit(ArrayView<int> indices, ArrayView<int> from, int i, int rows, int pass)
    {
        int index = indices[Position(from, i)];
        if (index < 0 || index > rows) index = rows;
        return (index >> (digitBits * pass)) & (Digits - 1);
    }
}
