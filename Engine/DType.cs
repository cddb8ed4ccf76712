namespace NanoAttention;

/// <summary>What the numbers of a tensor are.</summary>
public enum DType
{
    /// <summary>32-bit floating point: runs on every device.</summary>
    F32,
    /// <summary>64-bit floating point, for proof: runs on the CPU.</summary>
    F64,
    /// <summary>32-bit integers: indices, lengths, class labels.</summary>
    I32,
    /// <summary>True or false, one byte each: masks and comparisons.</summary>
    Bool,
}

public static class DTypes
{
    extension(DType type)
    {
        /// <summary>Bytes a number takes.</summary>
        public int Size => type switch { DType.F32 or DType.I32 => 4, DType.F64 => 8, DType.Bool => 1, _ => throw Unknown(type) };

        /// <summary>Whether gradients can flow through numbers of this type.</summary>
        public bool IsFloat => type is DType.F32 or DType.F64;
    }

    static ArgumentOutOfRangeException Unknown(DType type) => new(nameof(type), $"there is no type {type}");

    /// <summary>The type of tensor that holds <typeparamref name="T"/>: float, double, int or bool.</summary>
    public static DType Of<T>() where T : unmanaged =>
        typeof(T) == typeof(float) ? DType.F32
        : typeof(T) == typeof(double) ? DType.F64
        : typeof(T) == typeof(int) ? DType.I32
        : typeof(T) == typeof(bool) ? DType.Bool
        : throw new ArgumentException($"a tensor holds float, double, int or bool, not {typeof(T).Name}");
}
