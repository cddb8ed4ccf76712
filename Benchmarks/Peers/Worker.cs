using System.Diagnostics;
using System.Globalization;

namespace NanoAttention.Benchmarks.Peers;

/// <summary>
/// This engine's side of a comparison with its peers: one process of several that run the same tests in turn. It prints <c>ready</c>;
/// then for each line <c>TEST MILLISECONDS</c> on its input it runs the test for that long, three times at least, and answers
/// <c>SECONDS-MIN SECONDS-MEDIAN COUNT</c>, or <c>nan nan 0</c> where there is no such test. The environment's NT says how many threads.
/// </summary>
static class Worker
{
    public static int Run(TextReader input, TextWriter output)
    {
        if (int.TryParse(Environment.GetEnvironmentVariable("NT"), out int threads)) Device.Cpu.Threads = threads;
        Answer("ready");
        while (input.ReadLine() is { } line)
        {
            var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words.Length < 2 || !double.TryParse(words[^1], CultureInfo.InvariantCulture, out double milliseconds)) Answer("nan nan 0");
            else if (PeerTest.Prepare(words[..^1]) is { } run) Answer(Time(run, milliseconds));
            else Answer("nan nan 0");
        }
        return 0;

        void Answer(string text)
        {
            output.WriteLine(text);
            output.Flush();
        }
    }

    static string Time(Action run, double milliseconds)
    {
        run();
        run();
        List<double> seconds = [];
        long began = Stopwatch.GetTimestamp();
        do
        {
            long start = Stopwatch.GetTimestamp();
            run();
            seconds.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
        }
        while (Stopwatch.GetElapsedTime(began).TotalMilliseconds < milliseconds || seconds.Count < 3);
        seconds.Sort();
        return string.Create(CultureInfo.InvariantCulture, $"{seconds[0]:G9} {seconds[seconds.Count / 2]:G9} {seconds.Count}");
    }
}
