namespace NanoAttention.Tests;

/// <summary>What takes minutes runs where the environment variable NANOATTENTION_LONG is set.</summary>
static class LongRuns
{
    public static bool Asked { get; } = Environment.GetEnvironmentVariable("NANOATTENTION_LONG") is { Length: > 0 };

    /// <summary>Why a test on the GPU device is skipped: there is none, or the simulator would take minutes.</summary>
    public static string? WhyNotOnTheGpu => Device.WhyNoGpu
        ?? (Device.Gpu.IsSimulated && !Asked ? "all cases on the GPU's simulator take minutes: set NANOATTENTION_LONG=1" : null);
}
