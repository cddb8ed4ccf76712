using System.Runtime.InteropServices;

namespace NanoAttention.Benchmarks.Peers;

/// <summary>Least and median seconds of a row on one worker.</summary>
sealed record PeerTime(double Least, double Median);

/// <summary>Where rows are compared: on so many threads of the CPU, or on a GPU, real or simulated, whose programs have so many.</summary>
sealed record Place(int Threads, string? Gpu = null, bool IsSimulated = false)
{
    public bool IsGpu => Gpu is not null;

    public override string ToString() => Gpu ?? $"{Threads} thread{(Threads == 1 ? "" : "s")}";
}

/// <summary>A row's times, by the workers' names, and what the check of the results said.</summary>
/// <param name="Differing">Those whose result differs from ours.</param>
/// <param name="Same">Those whose result is ours.</param>
/// <param name="Memory">GB/s of moving as many bytes, where the row has any.</param>
/// <param name="Launches">On a GPU, how many kernels ours launches in a run.</param>
/// <param name="Error">On a GPU, our largest error against F64 on the CPU, over what it is an error of.</param>
sealed record RowTimes(
    PeerRow Row, IReadOnlyDictionary<string, PeerTime> Times, IReadOnlyList<string> Differing, IReadOnlyList<string> Same, double? Memory,
    double? Launches = null, double? Error = null)
{
    /// <summary>What the row's goal is about: the best peer's time over ours, or our part of the speed of copying.</summary>
    public double Score => !Row.OfMemory ? Ratio : Ours is { } ours && Memory is { } memory ? Row.Bytes / ours * 1e-9 / memory : double.NaN;

    /// <summary>Whether our numbers are those of F64 on the CPU but for rounding; true where that was not asked.</summary>
    public bool IsExact => Error is not { } error || error <= Exactness.Bound(Row);


    public double? Ours => Times.TryGetValue(PeerProgram.Ours.Name, out var ours) ? ours.Least : null;

    /// <summary>The fastest of the others; null where there is none.</summary>
    public string? Best => Times.Where(t => t.Key != PeerProgram.Ours.Name).OrderBy(t => t.Value.Least).Select(t => t.Key).FirstOrDefault();

    /// <summary>The best peer's time over ours; NaN where one of both is missing.</summary>
    public double Ratio => Over(Best);

    /// <summary>A peer's time over ours.</summary>
    public double Over(string? peer) =>
        Ours is { } ours && peer is not null && Times.TryGetValue(peer, out var time) ? time.Least / ours : double.NaN;
}

/// <summary>All rows in one place.</summary>
/// <param name="Peak">Multiply-adds of this machine, GFLOP/s, at best and in the mean over all rounds; NaN on a GPU.</param>
/// <param name="Notes">What was skipped, and why.</param>
sealed record Comparison(Place Place, (double Best, double Mean) Peak, IReadOnlyList<string> Workers, IReadOnlyList<RowTimes> Rows,
    IReadOnlyList<string> Notes)
{
    static int Milliseconds(Place place) => place.IsSimulated ? 0 : place.IsGpu ? 200 : 50;

    /// <summary>
    /// Starts the workers and lets each run each row in turn, so many rounds through all rows: what disturbs the machine disturbs all, and
    /// seldom as long as a round lasts.
    /// </summary>
    public static Comparison Run(Place place, IReadOnlyList<PeerProgram> programs, IReadOnlyList<PeerRow> rows, int rounds)
    {
        int threads = place.Threads;
        List<string> notes = [];
        List<Peer> peers = [];
        List<RowTimes> times = [];
        using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, _ => End());     // else workers that are stopped
        using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, _ => End());     // would live on
        try
        {
            foreach (var program in programs)
            {
                try
                {
                    var peer = Peer.Start(program, threads);
                    string name = peer.Name;
                    for (int n = 2; peers.Any(other => other.Name == peer.Name); n++) peer.Name = $"{name} ({n})";
                    peers.Add(peer);
                }
                catch (PeerException e)
                {
                    Note($"skipped: {program.Name} ({e.Message}){(program.Help is { } help ? $"; {help}" : "")}");
                }
            }
            if (!place.IsGpu && peers.All(peer => peer.Name == PeerProgram.Ours.Name)) throw new ArgumentException(NoPeer(programs));
            string[] names = [.. peers.Select(peer => peer.Name)];
            Device.Cpu.Threads = threads;
            var peaks = new List<(double Best, double Mean)>();
            Contest[] contests = [.. rows.Select(row => new Contest(row, place, peers, Note))];
            for (int round = 1; round <= rounds; round++)
            {
                Console.WriteLine($"[{(place.IsGpu ? "GPU" : $"{threads}")}] round {round} of {rounds}");
                peaks.Add(place.IsGpu ? (double.NaN, double.NaN) : FmaPeak.Measure(all: threads > 1));
                foreach (var contest in contests) contest.Round();
            }
            foreach (var contest in contests)
            {
                var found = contest.End();
                string all = string.Join(", ", found.Times.Select(t => $"{t.Key} {Units.Time(t.Value.Least)}"));
                string verdict = place.IsSimulated ? "simulated"
                    : double.IsNaN(found.Ratio) ? "no ratio" : $"ratio {Units.Digits(found.Ratio)}";
                Console.WriteLine($"[{(place.IsGpu ? "GPU" : $"{threads}")}] {found.Row.Title}: {all}; {verdict}");
                times.Add(found);
            }
            return new(place, (peaks.Max(peak => peak.Best), peaks.Average(peak => peak.Mean)), names, times, notes);
        }
        finally
        {
            End();
        }

        void End()
        {
            foreach (var peer in peers.ToArray()) peer.Dispose();
        }

        void Note(string text)
        {
            Console.WriteLine(text);
            notes.Add(text);
        }
    }

    static string NoPeer(IReadOnlyList<PeerProgram> programs)
    {
        string names = string.Join(", ", programs.Where(program => program != PeerProgram.Ours).Select(program => program.Name));
        string looked = names.Length > 0 ? $": looked for {names}; how to get each stands above" : "";
        return $"peers: no peer was found{looked}. --python or --peer names one; without the verb peers our operations are timed alone";
    }

    /// <summary>A row, and what the workers needed for it so far.</summary>
    sealed class Contest(PeerRow row, Place place, List<Peer> peers, Action<string> note)
    {
        readonly Dictionary<string, List<(double Least, double Median)>> found = [];
        readonly Dictionary<Peer, string> tests = [];       // the best of a row's tests on each worker

        /// <summary>Each worker has its turn; in the first round at each of the row's tests.</summary>
        public void Round()
        {
            bool first = found.Count == 0;
            foreach (var peer in peers.ToArray())
                Guarded(peer, () =>
                {
                    if (first)
                    {
                        var ways = peer.Name == PeerProgram.Ours.Name ? row.Tests[..1] : row.Tests;
                        (string Test, (double Least, double Median)? Time)[] timed =
                            [.. ways.Select(test => (test, peer.Time(test, Milliseconds(place)))).Where(t => t.Item2 is not null)];
                        if (timed.Length == 0) return;
                        var best = timed.MinBy(t => t.Time!.Value.Least);
                        tests[peer] = best.Test;
                        found[peer.Name] = [best.Time!.Value];
                    }
                    else if (tests.TryGetValue(peer, out string? test) && peer.Time(test, Milliseconds(place)) is { } time)
                        found[peer.Name].Add(time);
                });
        }

        /// <summary>Compares the results.</summary>
        public RowTimes End()
        {
            var outcomes = new Dictionary<string, Outcome[]>();
            Peer[] alive = [.. tests.Keys.Where(peers.Contains)];
            foreach (var peer in alive)
                Guarded(peer, () =>
                {
                    if (peer.Check(tests[peer]) is { } outcome) outcomes[peer.Name] = outcome;
                });
            var ours = outcomes.GetValueOrDefault(PeerProgram.Ours.Name);
            outcomes.Remove(PeerProgram.Ours.Name);
            if (!found.ContainsKey(PeerProgram.Ours.Name)) outcomes.Clear();       // nothing to compare with
            var verdicts = outcomes.ToLookup(o => ours is not null && Agree(ours, o.Value, Exactness.Bound(row)), o => o.Key);
            var times = found.ToDictionary(
                f => f.Key, f => new PeerTime(f.Value.Min(t => t.Least), f.Value.Select(t => t.Median).Order().ElementAt(f.Value.Count / 2)));
            double? memory = null, launches = null, error = null;
            if (row.Bytes > 0) memory = place.IsGpu ? Copying() : MemorySpeed.Measure(row.Bytes, row.InPlace);
            if (place.IsGpu && alive.FirstOrDefault(peer => peer.Name == PeerProgram.Ours.Name) is { } engine)
                Guarded(engine, () => (launches, error) = (engine.Launches(tests[engine]), engine.Exactly(tests[engine])));
            if (place.IsGpu && !times.ContainsKey(PeerProgram.Ours.Name)) note($"{row.Title}: not in this build");
            return new(row, times, [.. verdicts[false]], [.. verdicts[true]], memory, launches, error);
        }

        // by whichever worker copies fastest; each number is read and written
        double? Copying()
        {
            List<double> seconds = [];
            foreach (var peer in peers.ToArray())
                Guarded(peer, () =>
                {
                    if (peer.Time($"copy {row.Bytes / 8:0}", Milliseconds(place)) is { } time) seconds.Add(time.Least);
                });
            return seconds.Count > 0 ? row.Bytes / seconds.Min() * 1e-9 : null;
        }

        void Guarded(Peer peer, Action action)
        {
            try
            {
                action();
            }
            catch (PeerException e)
            {
                note($"{peer.Name} ended in '{row.Title}': {e.Message}");
                peers.Remove(peer);
                peer.Dispose();
            }
        }
    }

    static bool Agree(Outcome[] ours, Outcome[] theirs, double bound) =>
        ours.Length == theirs.Length && ours.Zip(theirs).All(pair => pair.First.Agrees(pair.Second, bound));

    /// <summary>The products in F32 that we and a peer, by name or the best, both have: the geometric mean of their ratios.</summary>
    public (double Ratio, int Count) ProductsOver(string? peer)
    {
        double[] ratios = [.. Rows.Where(r => r.Row.IsProduct).Select(r => peer is null ? r.Ratio : r.Over(peer)).Where(double.IsFinite)];
        return (ratios.Length == 0 ? double.NaN : Math.Exp(ratios.Average(Math.Log)), ratios.Length);
    }
}
