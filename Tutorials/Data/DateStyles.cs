using System.Globalization;

namespace NanoAttention.Tutorials;

/// <summary>One way to write a date. <paramref name="Write"/> gets the day and a few random bits for its small liberties.</summary>
/// <param name="Name">The style shown on an example: <c>3 May 1979</c>.</param>
public sealed record DateStyle(string Name, Func<DateOnly, uint, string> Write);

/// <summary>
/// The ways to write a date, English and Chinese. None is ambiguous: where day and month are both figures, the year
/// comes first and the month second; a year always has its four digits; a weekday is the date's own.
/// </summary>
public static class DateStyles
{
    static readonly string[] Months =
        ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];

    static readonly string[] Weekdays = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

    /// <summary>All styles; their number and order are part of what a seed means.</summary>
    public static IReadOnlyList<DateStyle> All { get; } =
    [
        English("3 May 1979", d => $"{d.Day} {Month(d)} {d.Year}"),
        English("May 3, 1979", d => $"{Month(d)} {d.Day}, {d.Year}"),
        English("May 3 1979", d => $"{Month(d)} {d.Day} {d.Year}"),
        English("May 3rd, 1979", d => $"{Month(d)} {Ordinal(d.Day)}, {d.Year}"),
        English("3rd of May 1979", d => $"{Ordinal(d.Day)} of {Month(d)} {d.Year}"),
        English("the 3rd of May, 1979", d => $"the {Ordinal(d.Day)} of {Month(d)}, {d.Year}"),
        English("Thursday, May 3, 1979", d => $"{Weekday(d)}, {Month(d)} {d.Day}, {d.Year}"),
        English("Thursday 3 May 1979", d => $"{Weekday(d)} {d.Day} {Month(d)} {d.Year}"),
        English("3. May 1979", d => $"{d.Day}. {Month(d)} {d.Year}"),
        English("03-May-1979", d => $"{d.Day:00}-{Month(d)[..3]}-{d.Year}"),
        English("Thu, 03 May 1979", d => $"{Weekday(d)[..3]}, {d.Day:00} {Month(d)[..3]} {d.Year}"),
        English("1979 May 3", d => $"{d.Year} {Month(d)[..3]} {d.Day}"),
        new("1979/5/3", (d, _) => $"{d.Year}/{d.Month}/{d.Day}"),
        new("1979.05.03", (d, _) => $"{d.Year}.{d.Month:00}.{d.Day:00}"),
        new("19790503", (d, _) => $"{d.Year}{d.Month:00}{d.Day:00}"),
        new("1979年5月3日", (d, _) => $"{d.Year}年{d.Month}月{d.Day}日"),
        new("1979年05月03日", (d, _) => $"{d.Year}年{d.Month:00}月{d.Day:00}日"),
        new("1979年5月3号", (d, _) => $"{d.Year}年{d.Month}月{d.Day}号"),
        new("公元1979年5月3日", (d, _) => $"公元{d.Year}年{d.Month}月{d.Day}日"),
        new("星期四 1979年5月3日", (d, bits) => $"{ChineseWeekday(d, bits)} {d.Year}年{d.Month}月{d.Day}日"),
        new("1979年5月3日（周四）", (d, bits) => $"{d.Year}年{d.Month}月{d.Day}日（{ChineseWeekday(d, bits)}）"),
        new("一九七九年五月三日", (d, bits) => $"{ChineseYear(d, bits)}年{ChineseNumber(d.Month)}月{ChineseNumber(d.Day)}日"),
        new("一九七九年五月三日星期四", (d, bits) =>
            $"{ChineseYear(d, bits)}年{ChineseNumber(d.Month)}月{ChineseNumber(d.Day)}日{ChineseWeekday(d, bits >> 1)}"),
        new("1979年五月三日", (d, _) => $"{d.Year}年{ChineseNumber(d.Month)}月{ChineseNumber(d.Day)}日"),
    ];

    /// <summary>The ISO 8601 form, <c>1979-05-03</c>.</summary>
    public static string Iso(DateOnly date) => date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    /// <summary>1st, 2nd, 3rd, 4th … 11th, 12th, 13th … 21st, 22nd, 23rd.</summary>
    public static string Ordinal(int day) =>
        day + (day % 100 is 11 or 12 or 13 ? "th" : (day % 10) switch { 1 => "st", 2 => "nd", 3 => "rd", _ => "th" });

    /// <summary>1 … 99 in Chinese figures: 三, 十, 十一, 二十, 三十一.</summary>
    public static string ChineseNumber(int n)
    {
        const string digits = "零一二三四五六七八九";
        string tens = n < 10 ? "" : n < 20 ? "十" : digits[n / 10] + "十";
        return n % 10 == 0 ? tens : tens + digits[n % 10];
    }

    /// <summary>The year figure by figure: 二〇〇八, or 二零零八.</summary>
    static string ChineseYear(DateOnly date, uint bits)
    {
        string digits = bits % 2 == 0 ? "〇一二三四五六七八九" : "零一二三四五六七八九";
        return string.Concat(date.Year.ToString(CultureInfo.InvariantCulture).Select(c => digits[c - '0']));
    }

    static string ChineseWeekday(DateOnly date, uint bits) =>
        (bits % 3) switch { 0 => "星期", 1 => "周", _ => "礼拜" } + "日一二三四五六"[(int)date.DayOfWeek];

    static string Month(DateOnly date) => Months[date.Month - 1];

    static string Weekday(DateOnly date) => Weekdays[(int)date.DayOfWeek];

    /// <summary>An English style in the case of a sentence (half of the time), all small, or all capitals.</summary>
    static DateStyle English(string name, Func<DateOnly, FormattableString> write) => new(name, (date, bits) =>
    {
        string text = FormattableString.Invariant(write(date));
        return (bits % 4) switch { 2 => text.ToLowerInvariant(), 3 => text.ToUpperInvariant(), _ => text };
    });
}
