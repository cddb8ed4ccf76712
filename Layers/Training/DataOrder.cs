using NanoAttention.Kernels;

namespace NanoAttention;

/// <summary>
/// The order in which a data set is gone through: every epoch a fresh permutation of 0 … count − 1, a pure function of seed and epoch,
/// so that where it stands is one number.
/// </summary>
public sealed class DataOrder
{
    int[] permutation = [];
    long shuffled = -1;         // the epoch of the permutation

    public DataOrder(int count, ulong seed = 0)
    {
        if (count < 1) throw new ArgumentOutOfRangeException(nameof(count), $"DataOrder: {count} examples cannot be put in an order");
        if (count > Array.MaxLength / sizeof(int)) throw new ArgumentOutOfRangeException(nameof(count), $"DataOrder: the order of {count:N0} examples takes more than 2 GiB");
        (Count, Seed) = (count, seed);
    }

    public int Count { get; }
    public ulong Seed { get; private set; }

    /// <summary>How many indices have been taken in all.</summary>
    public long Taken { get; private set; }

    /// <summary>How often the data set has been gone through.</summary>
    public long Epoch => Taken / Count;

    /// <summary>The next indices; a batch may reach over the end of an epoch.</summary>
    public int[] Next(int batch)
    {
        var indices = Shape.Create(batch).Numbers<int>("DataOrder.Next");
        for (int i = 0; i < batch; i++, Taken++)
        {
            if (shuffled != Epoch) Shuffle(Epoch);
            indices[i] = permutation[Taken % Count];
        }
        return indices;
    }

    /// <summary>Goes on where another order of the same data stood.</summary>
    public void Restore(ulong seed, long taken)
    {
        if (taken < 0) throw new ArgumentOutOfRangeException(nameof(taken), $"DataOrder: {taken} indices cannot have been taken");
        (Seed, Taken, shuffled) = (seed, taken, -1);
    }

    // Fisher and Yates.
    void Shuffle(long epoch)
    {
        permutation = [.. Enumerable.Range(0, Count)];
        for (int i = Count - 1; i > 0; i--)
        {
            int j = (int)(Philox.UniformDouble(Seed, (ulong)(epoch * Count + i)) * (i + 1));
            (permutation[i], permutation[j]) = (permutation[j], permutation[i]);
        }
        shuffled = epoch;
    }
}
