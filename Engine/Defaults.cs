namespace NanoAttention;

/// <summary>How exactly GPUs multiply matrices of F32 numbers.</summary>
public enum MatMulPrecision
{
    /// <summary>Products and sums in F32.</summary>
    Float32,

    /// <summary>
    /// By tensor cores: operands are rounded to TF32, which has F32's range and 11 significant bits; their products
    /// are summed in F32: |error| ≤ (2 · 2⁻¹¹ + 2⁻²² + (k + 2) 2⁻²³) Σₖ |aᵢₖ||bₖⱼ|. For NVIDIA GPUs from compute capability 8.0 on, where a
    /// product has 128 rows and 64 columns or more; the simulator rounds all, to try it out. Elsewhere it is ignored: the CPU and other GPUs
    /// multiply in F32.
    /// </summary>
    TensorFloat32,
}

/// <summary>What a new tensor is when nothing else is said. Each thread has its own.</summary>
public static class Defaults
{
    [ThreadStatic] static DType dtype;
    [ThreadStatic] static Device? device;
    [ThreadStatic] static Generator? generator;
    [ThreadStatic] static MatMulPrecision precision;

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

    /// <summary>F32 unless set. What holds while a product is computed counts, in the backward pass too.</summary>
    public static MatMulPrecision MatMulPrecision
    {
        get => precision;
        set => precision = value;
    }

    /// <summary>Starts the thread's random numbers anew: the same seed gives the same numbers on every device.</summary>
    public static ulong Seed { set => Generator = new Generator(value); }

    /// <summary>Other defaults until the result is disposed.</summary>
    public static Previous With(DType? dtype = null, Device? device = null, ulong? seed = null, MatMulPrecision? precision = null)
    {
        var previous = new Previous(Defaults.dtype, Defaults.device, generator, Defaults.precision);
        if (dtype is { } d) DType = d;
        if (device is not null) Device = device;
        if (seed is { } s) Seed = s;
        if (precision is { } p) MatMulPrecision = p;
        return previous;
    }

    /// <summary>The defaults to go back to.</summary>
    public readonly struct Previous : IDisposable
    {
        readonly DType dtype;
        readonly Device? device;
        readonly Generator? generator;
        readonly MatMulPrecision precision;

        internal Previous(DType dtype, Device? device, Generator? generator, MatMulPrecision precision) =>
            (this.dtype, this.device, this.generator, this.precision) = (dtype, device, generator, precision);

        public void Dispose() =>
            (Defaults.dtype, Defaults.device, Defaults.generator, Defaults.precision) = (dtype, device, generator, precision);
    }
}
