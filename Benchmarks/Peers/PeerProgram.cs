namespace NanoAttention.Benchmarks.Peers;

/// <summary>How to start a worker.</summary>
/// <param name="Name">What it is called; one that has a <c>Help</c> may say it better when it is ready.</param>
/// <param name="Line">The program and its arguments.</param>
/// <param name="Help">How to get what it needs; null for one that the user named.</param>
/// <param name="Device">What the environment's DEVICE tells it.</param>
sealed record PeerProgram(string Name, string[] Line, string? Help = null, string? Device = null)
{
    /// <summary>This engine's own worker.</summary>
    public static PeerProgram Ours { get; } = new("ours", Self());

    /// <summary>The same on another device.</summary>
    public static PeerProgram OursOn(string device) => Ours with { Line = Self("--device", device) };

    /// <summary>The libraries of products that this machine may have.</summary>
    public static PeerProgram[] OfLibraries =>
    [
        new("OpenBLAS", Self("--library", BlasLibrary.OpenBlas), "install OpenBLAS (libopenblas-dev, brew install openblas)"),
        new("oneDNN", Self("--library", BlasLibrary.OneDnn), "install oneDNN (libdnnl-dev, brew install onednn)"),
        new("oneDNN matmul", Self("--primitive", BlasLibrary.OneDnn), "install oneDNN 3 (libdnnl-dev, brew install onednn)"),
    ];

    /// <summary>A worker of the user's, by <c>NAME=COMMAND</c>; the command is for the system's shell.</summary>
    public static PeerProgram Given(string given)
    {
        int equals = given.IndexOf('=');
        string command = given[(equals + 1)..];
        return new(given[..equals], OperatingSystem.IsWindows() ? ["cmd", "/c", command] : ["/bin/sh", "-c", $"exec {command}"]);
    }

    /// <summary>PyTorch and ONNX Runtime, as far as this Python has them.</summary>
    /// <param name="python">A file, or a command with arguments.</param>
    public static IEnumerable<PeerProgram> OfPython(string python)
    {
        string[] words = File.Exists(python) ? [python] : python.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        const string another = "or name a Python by --python";
        yield return new($"PyTorch of {python}", Line("torch_tests.py"), $"pip install torch, {another}");
        yield return new($"ONNX Runtime of {python}", Line("onnx_tests.py"), $"pip install onnx onnxruntime, {another}");

        string[] Line(string tests) => [.. words, "-c", Script(tests)];
    }

    static string Script(string tests) => Resource("worker.py") + Resource(tests);

    static string Resource(string name)
    {
        using var reader = new StreamReader(typeof(PeerProgram).Assembly.GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }

    // the program itself, or, where that is `dotnet`, its assembly
    static string[] Self(string option = "", params string[] names)
    {
        string program = Environment.ProcessPath!;
        string[] assembly = Path.GetFileNameWithoutExtension(program) == "dotnet" ? [typeof(PeerProgram).Assembly.Location] : [];
        string[] options = option.Length > 0 ? [option, .. names] : [];
        return [program, .. assembly, "worker", .. options];
    }
}
