using System.Globalization;
using System.Text.RegularExpressions;
using NanoAttention.Tutorials;
using Xunit;

namespace NanoAttention.Tests;

public class DatesTests
{
    static readonly DateOnly Day = new(1979, 5, 3);

    [Fact]
    public void Each_style_writes_the_date_of_its_name()
    {
        foreach (DateStyle style in DateStyles.All)
        {
            uint variation = style.Name.Contains('周') ? 1u : 0u;
            Assert.Equal(style.Name, style.Write(Day, variation));
        }

        Assert.True(DateStyles.All.Count >= 16);
        Assert.Equal(DateStyles.All.Count, DateStyles.All.Select(s => s.Name).Distinct().Count());
    }

    [Theory]
    [InlineData(1, "1st", "一"), InlineData(2, "2nd", "二"), InlineData(3, "3rd", "三"), InlineData(10, "10th", "十")]
    [InlineData(11, "11th", "十一"), InlineData(12, "12th", "十二"), InlineData(13, "13th", "十三"), InlineData(20, "20th", "二十")]
    [InlineData(21, "21st", "二十一"), InlineData(22, "22nd", "二十二"), InlineData(30, "30th", "三十"), InlineData(31, "31st", "三十一")]
    public void Ordinals_and_Chinese_numbers(int day, string ordinal, string chinese)
    {
        Assert.Equal(ordinal, DateStyles.Ordinal(day));
        Assert.Equal(chinese, DateStyles.ChineseNumber(day));
    }

    [Fact]
    public void Chinese_years_have_both_zeros()
    {
        DateStyle style = DateStyles.All.Single(s => s.Name == "一九七九年五月三日");
        Assert.Equal("二〇〇八年八月八日", style.Write(new(2008, 8, 8), 0));
        Assert.Equal("二零零八年八月八日", style.Write(new(2008, 8, 8), 1));
    }

    [Fact]
    public void Weekdays_are_the_dates_own()
    {
        string[] chinese = ["日", "一", "二", "三", "四", "五", "六"];
        var dates = new Dates(5);
        int english = 0, inChinese = 0;
        for (int i = 0; i < 20_000; i++)
        {
            DatePair pair = dates.Train(i);
            DayOfWeek expected = DateOnly.ParseExact(pair.Target, "yyyy-MM-dd", CultureInfo.InvariantCulture).DayOfWeek;
            foreach (DayOfWeek day in Enum.GetValues<DayOfWeek>())
            {
                if (!Regex.IsMatch(pair.Source, $@"\b{day.ToString()[..3]}", RegexOptions.IgnoreCase)) continue;
                Assert.Equal(expected, day);
                english++;
            }

            if (Regex.Match(pair.Source, "(?:星期|周|礼拜)(.)") is { Success: true } match)
            {
                Assert.Equal(chinese[(int)expected], match.Groups[1].Value);
                inChinese++;
            }
        }

        Assert.True(english > 1_000 && inChinese > 1_000);
    }

    [Fact]
    public void No_source_means_two_dates()
    {
        Dictionary<string, string> meaning = [];
        var dates = new Dates(3);
        for (int i = 0; i < 100_000; i++)
        {
            DatePair pair = dates.Train(i);
            Assert.Equal(pair.Target, meaning.GetValueOrDefault(pair.Source, pair.Target));
            meaning[pair.Source] = pair.Target;
        }
    }

    [Fact]
    public void Held_out_days_never_occur_in_training()
    {
        var dates = new Dates(7);
        HashSet<string> test = [.. dates.Test(dates.HeldOutCount).Select(p => p.Target)];
        Assert.Equal(dates.HeldOutCount, test.Count);
        Assert.InRange(dates.HeldOutCount, 7_000, 7_600); // a tenth of the 73,049 days
        HashSet<string> trained = [.. Enumerable.Range(0, 500_000).Select(i => dates.Train(i).Target)];
        Assert.Empty(trained.Intersect(test));
        Assert.True(trained.Count > 65_000); // nearly every other day has come
        Assert.Throws<ArgumentOutOfRangeException>(() => dates.Test(dates.HeldOutCount + 1));
    }

    [Fact]
    public void The_seed_decides_everything()
    {
        Assert.Equal(new Dates(1).Train(12345), new Dates(1).Train(12345));
        Assert.Equal(new Dates(1).Test(50), new Dates(1).Test(100)[..50]);
        Assert.NotEqual(new Dates(1).Test(50), new Dates(2).Test(50));
        var first = new Dates(0);
        Assert.Equal("2014/4/2 | 1971.03.23 | the 3rd of March, 2068",
            string.Join(" | ", Enumerable.Range(0, 3).Select(i => first.Train(i).Source)));
    }

    [Fact]
    public void Every_day_in_every_style_fits_the_vocabulary_and_the_length()
    {
        HashSet<char> known = [.. Dates.Vocabulary.Tokens.Where(t => t.Length == 1).Select(t => t[0])];
        int longest = 0;
        for (var day = new DateOnly(1900, 1, 1); day.Year < 2100; day = day.AddDays(11))
            for (int style = 0; style < DateStyles.All.Count; style++)
                for (uint variation = 0; variation < 12; variation++)
                {
                    string text = DateStyles.All[style].Write(day, variation);
                    longest = Math.Max(longest, text.Length);
                    if (!text.All(known.Contains)) Assert.Fail($"the vocabulary lacks a character of {text}");
                }

        Assert.Equal("Wednesday, September 30, 2099", DateStyles.All[6].Write(new(2099, 9, 30), 0));
        Assert.Equal("Wednesday, September 30, 2099".Length, longest);
        Assert.Equal(Dates.TargetLength, DateStyles.Iso(Day).Length);
    }

    [Fact]
    public void Leap_days_occur_only_in_leap_years()
    {
        var dates = new Dates(0);
        string[] leapDays = [.. Enumerable.Range(0, 200_000).Select(i => dates.Train(i).Target)
            .Where(t => t.EndsWith("02-29", StringComparison.Ordinal)).Distinct()];
        Assert.True(leapDays.Length > 30);
        Assert.All(leapDays, t => Assert.True(DateTime.IsLeapYear(int.Parse(t[..4], CultureInfo.InvariantCulture))));
        Assert.DoesNotContain("1900-02-29", leapDays);
    }
}
