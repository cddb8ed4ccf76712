using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace NanoAttention.Benchmarks.Peers;

/// <summary>
/// A worker's process. Where the system has signals it is stopped while others run, for some libraries' threads spin when they are idle.
/// </summary>
sealed class Peer : IDisposable
{
    readonly Process process;
    readonly string name;
    string complaint = "";

    Peer(Process process, string name)
    {
        (this.process, this.name, Name) = (process, name, name);
        process.ErrorDataReceived += (_, e) => complaint = string.IsNullOrWhiteSpace(e.Data) ? complaint : e.Data.Trim();
        process.BeginErrorReadLine();
    }

    /// <summary>The library and its version.</summary>
    public string Name { get; set; }

    /// <summary>Starts a worker and waits until it is ready.</summary>
    /// <exception cref="PeerException">It ends before it is ready, or cannot be started.</exception>
    public static Peer Start(PeerProgram program, int threads)
    {
        var info = new ProcessStartInfo(program.Line[0], program.Line[1..])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (string variable in (string[])["NT", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"])
            info.Environment[variable] = threads.ToString(CultureInfo.InvariantCulture);
        if (program.Device is { } device) info.Environment["DEVICE"] = device;
        info.Environment.Remove("OPENBLAS_CORETYPE");       // halves OpenBLAS where it names another processor
        info.Environment.Remove("OPENBLAS_L2_SIZE");
        Peer peer;
        try
        {
            peer = new(Process.Start(info)!, program.Name);
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new PeerException(e.Message);
        }
        string ready = peer.Read();
        while (ready.Split(' ')[0] != "ready") ready = peer.Read();
        if (ready.Length > 6 && program.Help is not null) peer.Name = ready[6..];
        peer.Signal(go: false);
        return peer;
    }

    /// <summary>Least and median seconds of a test; null for a test that it does not have.</summary>
    public (double Least, double Median)? Time(string test, int milliseconds)
    {
        string[] words = Ask($"{test} {milliseconds}").Split(' ');
        return words.Length == 3 && double.TryParse(words[0], CultureInfo.InvariantCulture, out double least) && double.IsFinite(least)
            ? (least, double.Parse(words[1], CultureInfo.InvariantCulture)) : null;
    }

    /// <summary>What a test computed; null for a worker that does not tell.</summary>
    public Outcome[]? Check(string test) => Outcome.Parse(Ask($"check {test} 0"));

    /// <summary>The largest error of a test's numbers against F64 on the CPU; null for a worker that does not tell.</summary>
    public double? Exactly(string test) => Number(Ask($"exact {test} 0"));

    /// <summary>How many kernels a run of a test launches; null for a worker that does not tell.</summary>
    public double? Launches(string test) => Number(Ask($"launches {test} 0"));

    static double? Number(string answer) => double.TryParse(answer, CultureInfo.InvariantCulture, out double number) ? number : null;

    public void Dispose()
    {
        process.Kill(entireProcessTree: true);
        process.Dispose();
    }

    string Ask(string line)
    {
        Signal(go: true);
        process.StandardInput.WriteLine(line);
        process.StandardInput.Flush();
        string answer = Read();
        Signal(go: false);
        return answer;
    }

    string Read()
    {
        if (process.StandardOutput.ReadLine() is { } line) return line.Trim();
        process.WaitForExit();
        throw new PeerException(complaint.Length > 0 ? complaint : $"{name} ended with exit code {process.ExitCode}");
    }

    void Signal(bool go)
    {
        const int stopLinux = 19, continueLinux = 18, stopMac = 17, continueMac = 19;
        if (OperatingSystem.IsLinux()) _ = Kill(process.Id, go ? continueLinux : stopLinux);
        else if (OperatingSystem.IsMacOS()) _ = Kill(process.Id, go ? continueMac : stopMac);
    }

    [DllImport("libc", EntryPoint = "kill")]
    static extern int Kill(int process, int signal);
}

/// <summary>A worker that is not there, or no longer.</summary>
sealed class PeerException(string message) : Exception(message);
