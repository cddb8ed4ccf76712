namespace NanoAttention;

/// <summary>
/// T5's relative places (Raffel et al. 2020, §2.1): one trained number for a head and a bucket of distances. Half of the buckets hold
/// one distance each, the others ever more, evenly in the logarithm; from <c>farthest</c> on all share the last. T5 leaves 1/√d out.
/// <code>bias[h, i, j] = weight[bucket(j − i), h]</code>
/// </summary>
/// <param name="bothWays">Whether keys behind the query have buckets of their own, half of them; else all such share bucket 0.</param>
public sealed class BucketBias(int heads, int buckets = 32, int farthest = 128, bool bothWays = true) : PositionBias
{
    // on each side, and how many of them hold one distance
    readonly int count = Side(buckets, farthest, bothWays), exact = Side(buckets, farthest, bothWays) / 2;

    /// <summary>(buckets, h)</summary>
    public Tensor Weight { get; } = Initialise.Normal(Initialise.Parameter([buckets, heads]));

    public override Tensor Forward(int queries, int keys, int offset = 0)
    {
        Shape shape = [queries, keys];
        var chosen = shape.Numbers<int>("BucketBias");
        for (int i = 0; i * keys < chosen.Length; i++)
            for (int j = 0; j < keys; j++) chosen[i * keys + j] = Bucket((int)Math.Clamp((long)j - i - offset, -farthest, farthest));
        return Weight.Gather(Tensor.From(chosen, shape, Weight.Device)).Permute(2, 0, 1);
    }

    /// <summary>The bucket of a key that stands <c>distance</c> behind the query (before it where negative).</summary>
    public int Bucket(int distance)
    {
        int first = bothWays && distance > 0 ? count : 0;
        long far = bothWays ? Math.Abs((long)distance) : Math.Max(0, -(long)distance);
        if (far < exact) return first + (int)far;
        double share = Math.Log(far / (double)exact) / Math.Log(farthest / (double)exact);              // 0 at exact, 1 at farthest
        return first + Math.Min(count - 1, exact + (int)(share * (count - exact)));
    }

    static int Side(int buckets, int farthest, bool bothWays)
    {
        int count = bothWays ? buckets / 2 : buckets;
        return count >= 2 && farthest > count / 2 ? count
            : throw new ArgumentException(
                $"BucketBias: {buckets} buckets up to the distance {farthest}: "
                + "each side needs at least 2, and the distance must be beyond those of 1 distance each");
    }

    internal static Case[] Cases =>
    [
        Case.Of(() => new BucketBias(2, buckets: 8, farthest: 6), (bias, x) => x[0] + bias.Forward(5, 5), [[2, 5, 5]]),
        Case.Of(() => new BucketBias(2, buckets: 4, farthest: 5, bothWays: false), (bias, x) => x[0] * bias.Forward(2, 6, offset: 4),
            [[2, 2, 6]]),
    ];
}
