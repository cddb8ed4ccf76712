using System.Diagnostics;
using System.Globalization;

namespace NanoAttention.Benchmarks.Peers;

/// <summary>
/// One side of a comparison: one process of several that run the same tests in turn. It prints <c>ready</c> and, if it is not this
/// engine, whose tests it runs; then it answers each line of its input. <c>TEST MILLISECONDS</c> runs the test for that long, and three
/// times at least: <c>SECONDS-MIN SECONDS-MEDIAN COUNT</c>, or <c>nan nan 0</c> where there is no such test. <c>check TEST 0</c> runs it
/// once: seven numbers for each tensor that it computed, see <see cref="Outcome"/>. The environment's NT says how many threads.
/// </summary>
static class Worker
{
    const string Unknown = "nan nan 0";

    /// <param name="prepare">Makes the operands of the test of these words and yields one run of it; null for one not known.</param>
    /// <param name="library">Whose tests these are; nothing for this engine's own.</param>
    public static int Run(TextReader input, TextWriter output, Func<string[], Func<object>?> prepare, string library = "")
    {
        if (int.TryParse(Environment.GetEnvironmentVariable("NT"), out int threads)) Device.Cpu.Threads = threads;
        Answer($"ready {library}".Trim());
        while (input.ReadLine() is { } line)
        {
            string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            bool check = words is ["check", ..];
            if (words.Length < (check ? 3 : 2) || !double.TryParse(words[^1], CultureInfo.InvariantCulture, out double milliseconds))
                Answer(Unknown);
            else if (prepare(words[(check ? 1 : 0)..^1]) is not { } run) Answer(Unknown);
            else Answer(check ? Check(run) : Time(run, milliseconds));
        }
        return 0;

        void Answer(string text)
        {
            output.WriteLine(text);
            output.Flush();
        }
    }

    static string Check(Func<object> run)
    {
        using var step = Scope.Begin();
        return string.Join(' ', Outcome.Of(run()));
    }

    static string Time(Func<object> run, double milliseconds)
    {
        Once();
        Once();
        List<double> seconds = [];
        long began = Stopwatch.GetTimestamp();
        do
        {
            long start = Stopwatch.GetTimestamp();
            Once();
            seconds.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
        }
        while (Stopwatch.GetElapsedTime(began).TotalMilliseconds < milliseconds || seconds.Count < 3);
        seconds.Sort();
        return string.Create(CultureInfo.InvariantCulture, $"{seconds[0]:G9} {seconds[seconds.Count / 2]:G9} {seconds.Count}");

        void Once()
        {
            using var step = Scope.Begin();
            run();
        }
    }
}
