namespace NanoAttention.Tutorials;

/// <summary>A date as somebody wrote it, its ISO form, and the style it is written in.</summary>
public readonly record struct DatePair(string Source, string Target, DateStyle Style);

/// <summary>
/// The data of the main job: calendar days of 1900 … 2099 in the ways of <see cref="DateStyles"/>, to be turned into
/// <c>YYYY-MM-DD</c>. A tenth of the days, chosen by the seed, is held out: a held-out day never occurs in training,
/// in any style.
/// </summary>
public sealed class Dates
{
    const ulong SplitStream = 1, DayStream = 2, StyleStream = 3, VariationStream = 4, TestStream = 5;
    const int HeldOutOneIn = 10;

    static readonly DateOnly First = new(1900, 1, 1), Last = new(2099, 12, 31);

    readonly ulong seed;
    readonly DateOnly[] trainingDays;
    readonly DateOnly[] heldOutDays;

    public Dates(ulong seed = 0)
    {
        this.seed = seed;
        ILookup<bool, DateOnly> days = Enumerable.Range(0, Last.DayNumber - First.DayNumber + 1).Select(First.AddDays).ToLookup(IsHeldOut);
        trainingDays = [.. days[false]];
        heldOutDays = [.. days[true]];
    }

    /// <summary>The number of characters of every target.</summary>
    public const int TargetLength = 10;

    /// <summary>Every character that a source or target can have, found by writing some hundred days in every style.</summary>
    public static Vocabulary Vocabulary { get; } = Vocabulary.OfCharacters(EveryCharacter());

    /// <summary>How many days are held out: the most that <see cref="Test"/> can give.</summary>
    public int HeldOutCount => heldOutDays.Length;

    /// <summary>Whether a day is kept from training.</summary>
    public bool IsHeldOut(DateOnly day) => CounterHash.Below(HeldOutOneIn, seed, SplitStream, (ulong)day.DayNumber) == 0;

    /// <summary>Training example number <paramref name="index"/> of an endless sequence; the same index gives the same example.</summary>
    public DatePair Train(long index) =>
        Write(trainingDays[CounterHash.Below(trainingDays.Length, seed, DayStream, (ulong)index)], (ulong)index);

    /// <summary><paramref name="count"/> examples on distinct held-out days, in styles drawn as in training.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There are fewer held-out days than <paramref name="count"/>.</exception>
    public DatePair[] Test(int count)
    {
        if (count < 0 || count > HeldOutCount)
            throw new ArgumentOutOfRangeException(
                nameof(count), $"Dates.Test: {count} examples asked for, 0 to {HeldOutCount} can be had: one for each held-out day");
        int[] order = CounterHash.Permutation(HeldOutCount, seed, TestStream);
        return [.. order.Take(count).Select((day, i) => Write(heldOutDays[day], ulong.MaxValue - (ulong)i))];
    }

    DatePair Write(DateOnly day, ulong index)
    {
        DateStyle style = DateStyles.All[CounterHash.Below(DateStyles.All.Count, seed, StyleStream, index)];
        uint variation = (uint)CounterHash.Bits(seed, VariationStream, index);
        return new(style.Write(day, variation), DateStyles.Iso(day), style);
    }

    static IEnumerable<string> EveryCharacter() =>
        from step in Enumerable.Range(0, 600) // every 121st day: all months, days of the month, weekdays and figures of a year
        let day = First.AddDays(step * 121)
        from style in DateStyles.All
        from text in (string[])[style.Write(day, (uint)step), DateStyles.Iso(day)]
        select text;
}
