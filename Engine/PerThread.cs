namespace NanoAttention;

/// <summary>What the engine keeps for a thread, in one place: to look a thread up takes as long as to add a few numbers.</summary>
sealed class PerThread
{
    [ThreadStatic] static PerThread? mine;

    /// <summary>This thread's.</summary>
    public static PerThread Mine => mine ?? Begun();

    static PerThread Begun() => mine = new();

    /// <summary>The innermost scope.</summary>
    public Scope? Scope;

    /// <summary>Buffers to use again.</summary>
    public CpuPool Pool = new();
}
