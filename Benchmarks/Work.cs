namespace NanoAttention.Benchmarks;

/// <summary>Something to time, on one device. Its name is what a filter matches and the progress shows.</summary>
public abstract record Work(string Name, Device Device)
{
    /// <summary>
    /// Makes the operands, on the thread that will use them, and yields one run of the work: it returns when the results are there,
    /// and in steady state it allocates no tensor memory.
    /// </summary>
    public abstract Action Prepare();

    public sealed override string ToString() => $"{Name}, {Device.Name}";
}
