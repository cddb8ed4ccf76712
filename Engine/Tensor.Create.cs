using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace NanoAttention;

public sealed partial class Tensor
{
    /// <summary>The given numbers, rounded to the type, in row-major order. Throws where their count is not the shape's.</summary>
    public static Tensor Of(ReadOnlySpan<double> values, Shape shape, DType? dtype = null, Device? device = null) => Rounded(values, shape, dtype, device);

    static Tensor Rounded(ReadOnlySpan<double> values, Shape shape, DType? dtype, Device? device, [CallerMemberName] string op = "")
    {
        var type = dtype ?? Defaults.DType;
        CheckCount(values.Length, shape);
        switch (type)
        {
            case DType.F64: return Copied(values, shape, device, op);
            case DType.F32: return Copied<float>(Array.ConvertAll(values.ToArray(), v => (float)v), shape, device, op);
            case DType.I32: return Copied<int>(Array.ConvertAll(values.ToArray(), v => checked((int)v)), shape, device, op);
            default: return Copied<bool>(Array.ConvertAll(values.ToArray(), v => v != 0), shape, device, op);
        }
    }

    /// <summary>A vector of the given numbers.</summary>
    public static Tensor Of(params ReadOnlySpan<double> values) => Of(values, [values.Length]);

    /// <summary>A single number, of rank 0.</summary>
    public static Tensor Scalar(double value, DType? dtype = null, Device? device = null) => Filled([], value, dtype, device);

    /// <summary>A copy of the given numbers: float → F32, double → F64, int → I32, bool → Bool.</summary>
    public static Tensor From<T>(ReadOnlySpan<T> values, Shape shape, Device? device = null) where T : unmanaged => Copied(values, shape, device);

    // op: what the user called, as in Filled and Rounded
    static Tensor Copied<T>(ReadOnlySpan<T> values, Shape shape, Device? device, [CallerMemberName] string op = "") where T : unmanaged
    {
        CheckCount(values.Length, shape);
        var y = Empty(shape, DTypes.Of<T>(), device ?? Defaults.Device, op);
        y.Device.Upload(MemoryMarshal.AsBytes(values), y);
        return y;
    }

    /// <inheritdoc cref="From{T}(ReadOnlySpan{T}, Shape, Device)"/>
    public static Tensor From<T>(T[] values, Shape shape, Device? device = null) where T : unmanaged => From<T>(values.AsSpan(), shape, device);

    /// <summary>A copy of a matrix.</summary>
    public static Tensor From<T>(T[,] values, Device? device = null) where T : unmanaged
    {
        var flat = new T[values.Length];
        int i = 0;
        foreach (var value in values) flat[i++] = value;
        return From(flat, [values.GetLength(0), values.GetLength(1)], device);
    }

    /// <summary>Every number the same.</summary>
    public static Tensor Full(Shape shape, double value, DType? dtype = null, Device? device = null) => Filled(shape, value, dtype, device);

    static Tensor Filled(Shape shape, double value, DType? dtype, Device? device, [CallerMemberName] string op = "")
    {
        var y = Empty(shape, dtype ?? Defaults.DType, device ?? Defaults.Device, op);
        y.Device.Fill(y, value);
        return y;
    }

    public static Tensor Zeros(Shape shape, DType? dtype = null, Device? device = null) => Filled(shape, 0, dtype, device);
    public static Tensor Ones(Shape shape, DType? dtype = null, Device? device = null) => Filled(shape, 1, dtype, device);

    /// <summary>0, 1, …, count − 1.</summary>
    public static Tensor Arange(int count, DType? dtype = null, Device? device = null)
    {
        if (count < 0) throw new ArgumentOutOfRangeException(nameof(count), $"Arange: {count} is negative");
        var values = Shape.Create(count).Numbers<double>("Arange");
        for (int i = 0; i < count; i++) values[i] = i;
        return Rounded(values, [count], dtype, device);
    }

    /// <summary>start, start + step, … below end (above it, if the step is negative).</summary>
    public static Tensor Arange(double start, double end, double step = 1, DType? dtype = null, Device? device = null)
    {
        double count = Math.Ceiling((end - start) / step);
        if (!(count >= 0 && count <= int.MaxValue)) throw new ArgumentException($"Arange: there is no way from {start} to {end} in steps of {step}");
        var values = Shape.Create((int)count).Numbers<double>("Arange");
        for (int i = 0; i < values.Length; i++) values[i] = start + i * step;
        return Rounded(values, [values.Length], dtype, device);
    }

    /// <summary>(n, n) with ones on the diagonal.</summary>
    public static Tensor Eye(int n, DType? dtype = null, Device? device = null) => Eye(n, n, dtype, device);

    /// <summary>(rows, columns) with ones on the diagonal.</summary>
    public static Tensor Eye(int rows, int columns, DType? dtype = null, Device? device = null)
    {
        var y = Filled([rows, columns], 0, dtype, device);
        var diagonal = y.Diagonal();
        y.Device.Copy(y.Constant(1).Expand(diagonal.Shape.Sizes), diagonal);
        return y;
    }

    /// <summary>(queries, keys), true where query i may attend to key j ≤ i: the causal mask, top-left aligned.</summary>
    public static Tensor CausalMask(int queries, int keys, Device? device = null)
    {
        if (queries < 0 || keys < 0 || (long)queries * keys > Array.MaxLength) throw new ArgumentException($"CausalMask: there is no tensor ({queries}, {keys})");
        var values = new bool[queries * keys];
        for (int i = 0; i < queries && keys > 0; i++) values.AsSpan(i * keys, Math.Min(i + 1, keys)).Fill(true);
        return Copied<bool>(values, [queries, keys], device);
    }

    /// <summary>Uniform on [low, high), from the default generator.</summary>
    public static Tensor Uniform(Shape shape, double low = 0, double high = 1, DType? dtype = null, Device? device = null)
    {
        return Empty(shape, dtype ?? Defaults.DType, device ?? Defaults.Device).FillUniform(low, high);
    }

    /// <summary>Gaussian, from the default generator.</summary>
    public static Tensor Normal(Shape shape, double mean = 0, double std = 1, DType? dtype = null, Device? device = null)
    {
        return Empty(shape, dtype ?? Defaults.DType, device ?? Defaults.Device).FillNormal(mean, std);
    }

    /// <summary>Random numbers in place of a float tensor's, uniform on [low, high).</summary>
    internal Tensor FillUniform(double low, double high)
    {
        CheckFloat("Uniform");
        CheckWritable("Uniform");
        Storage.Touch();
        Device.Uniform(this, low, high, Defaults.Generator);
        return this;
    }

    /// <summary>The same, Gaussian.</summary>
    internal Tensor FillNormal(double mean, double std)
    {
        CheckFloat("Normal");
        CheckWritable("Normal");
        Storage.Touch();
        Device.Normal(this, mean, std, Defaults.Generator);
        return this;
    }

    static void CheckCount(int count, Shape shape)
    {
        if (count != shape.Count) throw new ArgumentException($"Tensor: {count} values do not fill the shape {shape}, which takes {shape.Count}");
    }
}
