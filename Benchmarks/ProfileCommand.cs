using System.CommandLine;
using System.Diagnostics;
using NanoAttention.Benchmarks.Peers;
using NanoAttention.Tutorials;

namespace NanoAttention.Benchmarks;

/// <summary><c>profile MODEL</c>: where the time of a training step goes, operation by operation.</summary>
static class ProfileCommand
{
    static int Warmups => Defaults.Device.IsSimulated ? 1 : 10;

    static readonly Dictionary<string, (string About, Func<Func<object>> Prepare)> models = new()
    {
        ["gpt"] = ("nanoGPT's setting for a processor, a step (on a simulated GPU with fewer and smaller numbers)",
            () => PeerTest.Prepare(["gpt_step_sdpa_fused", .. Defaults.Device.IsSimulated ? (string[])["1", "8", "4", "2", "8"] : []])!),
        ["dates"] = ("the main job's LSTM encoder-decoder with additive attention, a step", Dates),
        ["lstm"] = ("an LSTM, 64 steps of 32 rows, 128 → 256, forward and backward",
            () => PeerTest.Prepare(["lstmfb", "64", "32", "128", "256"])!),
        ["cnn"] = ("three convolutions with batch norm and squeeze-and-excitation on 64 images of 32x32, a step",
            () => PeerTest.Prepare(["cnn_step", "64"])!),
    };

    public static System.CommandLine.Command Create()
    {
        string about = string.Join("; ", models.Select(m => $"{m.Key}: {m.Value.About}"));
        var model = new Argument<string>("model") { Description = $"{about}." };
        model.AcceptOnlyFromAmong([.. models.Keys]);
        const string what = "Shows where a training step's time goes: each operation and, marked ′, its backward pass.";
        var device = new DeviceOption();
        var command = new System.CommandLine.Command("profile", what) { model, device };
        var steps = command.Count("--steps", 20, "How many steps are looked at.");
        command.SetAction(parsed => Stop.OnCtrlC(_ =>
        {
            Defaults.Device = device.Chosen(parsed);
            Run(models[parsed.GetValue(model)!].Prepare(), parsed.GetValue(steps));
            return 0;
        }));
        return command;
    }

    static void Run(Func<object> step, int steps)
    {
        var device = Defaults.Device;
        Repeat(step, Warmups);                  // compiles the code and fills the pools
        long before = device.Launches;
        long start = Stopwatch.GetTimestamp();
        Repeat(step, steps);
        double alone = Stopwatch.GetElapsedTime(start).TotalSeconds / steps, launches = (device.Launches - before) / (double)steps;
        using var profile = Profile.Begin();
        Repeat(step, steps);
        double watched = profile.Rows.Sum(row => row.Time.TotalSeconds) / steps;
        Console.WriteLine(profile);
        Console.WriteLine($"{steps} steps on {device.Name}: {Units.Time(alone)} each, {Units.Time(watched)} under the profile.");
        if (launches > 0) Console.WriteLine(FormattableString.Invariant($"{launches:0.#} kernel launches a step."));
    }

    static void Repeat(Func<object> step, int times)
    {
        for (int i = 0; i < times; i++)
        {
            using var scope = Scope.Begin();
            step();
        }
        Defaults.Device.Synchronize();
    }

    // 64 dates of 20 characters, 10 written, from an alphabet of 80
    static Func<object> Dates()
    {
        const int batch = 64, longest = 20, written = 10, letters = 80;
        Defaults.Seed = 1;
        var model = new Seq2Seq(letters, letters, embedding: 32, hidden: 96, attention: 48);
        Tensor source = Letters(longest), given = Letters(written), wanted = Letters(written);
        int[] lengths = [.. Enumerable.Repeat(longest, batch)];
        var optimizer = new Adam(model.Parameters());
        return PeerTest.Step(optimizer, () => model.Forward(source, lengths, given).CrossEntropy(wanted), clip: 1);

        static Tensor Letters(int length) => Tensor.Uniform([batch, length], 3, letters).To(DType.I32);
    }
}
