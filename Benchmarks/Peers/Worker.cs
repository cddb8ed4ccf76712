using System.Diagnostics;
using System.Globalization;

namespace NanoAttention.Benchmarks.Peers;

/// <summary>
/// One side of a comparison: one process of several that run the same tests in turn. It prints <c>ready</c> and, if it is not this
/// engine, whose tests it runs; then it answers each line of its input. <c>TEST MILLISECONDS</c> runs the test for that long, and three
/// times at least: <c>SECONDS-MIN SECONDS-MEDIAN COUNT</c>, or <c>nan nan 0</c> where there is no such test. <c>check TEST 0</c> runs it
/// once: seven numbers for each tensor that it computed, see <see cref="Outcome"/>. This engine's own worker also answers
/// <c>exact TEST 0</c>, the largest error against F64 on the CPU (<see cref="Exactness"/>), and <c>launches TEST 0</c>, the kernels of a
/// run. The environment's NT says how many threads.
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
            string ask = words is [("check" or "exact" or "launches"), ..] ? words[0] : "";
            string[] test = words.Length < (ask == "" ? 2 : 3) ? [] : words[(ask == "" ? 0 : 1)..^1];
            if (test.Length == 0 || !double.TryParse(words[^1], CultureInfo.InvariantCulture, out double milliseconds)) Answer(Unknown);
            else if (ask == "exact") Answer(Exactness.Of(prepare, test));
            else if (prepare(test) is not { } run) Answer(Unknown);
            else Answer(ask switch { "check" => Check(run), "launches" => Launches(run), _ => Time(run, milliseconds) });
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

    // The second time, when what is made once has been made.
    static string Launches(Func<object> run)
    {
        Once(run);
        long before = Defaults.Device.Launches;
        Once(run);
        return $"{Defaults.Device.Launches - before}";
    }

    static void Once(Func<object> run)
    {
        using var step = Scope.Begin();
        run();
        Defaults.Device.Synchronize();
    }

    static string Time(Func<object> run, double milliseconds)
    {
        Once(run);
        Once(run);
        List<double> seconds = [];
        long began = Stopwatch.GetTimestamp();
        do
        {
            long start = Stopwatch.GetTimestamp();
            Once(run);
            seconds.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
        }
        while (Stopwatch.GetElapsedTime(began).TotalMilliseconds < milliseconds || seconds.Count < 3);
        seconds.Sort();
        return string.Create(CultureInfo.InvariantCulture, $"{seconds[0]:G9} {seconds[seconds.Count / 2]:G9} {seconds.Count}");
    }
}
