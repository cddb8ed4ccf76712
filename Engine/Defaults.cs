namespace NanoAttention;

/// <summary>What a new tensor is when nothing else is said. Each thread has its own.</summary>
public static class Defaults
{
    [ThreadStatic] static DType dtype;
    [ThreadStatic] static Device? device;
    [ThreadStatic] static Generator? generator;

    /// <summary>F32 unless set; gradients are checked with F64. Throws on a type that is no floating point.</summary>
    public static DType DType
    {
        get => dtype;
        set => dtype = value.IsFloat ? value : throw new ArgumentException($"Defaults.DType: {value} is no floating-point type (F32 and F64 are)");
    }

    /// <summary>The CPU unless set.</summary>
    public static Device Device
    {
        get => device ?? Device.Cpu;
        set => device = value;
    }

    /// <summary>Where random numbers come from.</summary>
    public static Generator Generator
    {
        get => generator ??= new Generator(0);
        set => generator = value;
    }

    /// <summary>Starts the thread's random numbers anew: the same seed gives the same numbers on every device.</summary>
    public static ulong Seed { set => Generator = new Generator(value); }

    /// <summary>Other defaults until the result is disposed.</summary>
    public static Previous With(DType? dtype = null, Device? device = null, ulong? seed = null)
    {
        var previous = new Previous(Defaults.dtype, Defaults.device, generator);
        if (dtype is { } d) DType = d;
        if (device is not null) Device = device;
        if (seed is { } s) Seed = s;
        return previous;
    }

    /// <summary>The defaults to go back to.</summary>
    public readonly struct Previous : IDisposable
    {
        readonly DType dtype;
        readonly Device? device;
        readonly Generator? generator;

        internal Previous(DType dtype, Device? device, Generator? generator) => (this.dtype, this.device, this.generator) = (dtype, device, generator);

        public void Dispose() => (Defaults.dtype, Defaults.device, Defaults.generator) = (dtype, device, generator);
    }
}
