namespace NanoAttention.Tests.Conformance;

/// <summary>The type of a tensor's numbers, with the number that ONNX gives it.</summary>
public enum ElementType
{
    Float = 1,
    UInt8 = 2,
    Int8 = 3,
    UInt16 = 4,
    Int16 = 5,
    Int32 = 6,
    Int64 = 7,
    Bool = 9,
    Float16 = 10,
    Double = 11,
    UInt32 = 12,
    UInt64 = 13,
    BFloat16 = 16,
}

public static class ElementTypes
{
    /// <summary>By its name in safetensors files. Throws where it is none of numbers.</summary>
    public static ElementType Named(string name) => name switch
    {
        "F64" => ElementType.Double,
        "F32" => ElementType.Float,
        "F16" => ElementType.Float16,
        "BF16" => ElementType.BFloat16,
        "I64" => ElementType.Int64,
        "I32" => ElementType.Int32,
        "I16" => ElementType.Int16,
        "I8" => ElementType.Int8,
        "U64" => ElementType.UInt64,
        "U32" => ElementType.UInt32,
        "U16" => ElementType.UInt16,
        "U8" => ElementType.UInt8,
        "BOOL" => ElementType.Bool,
        _ => throw new NotSupportedByEngineException($"numbers of type {name}"),
    };

    public static ElementType Numbered(int number) => Enum.IsDefined((ElementType)number) ? (ElementType)number
        : throw new NotSupportedByEngineException($"numbers of type {number}");

    extension(ElementType type)
    {
        public bool IsFloat => type is ElementType.Double or ElementType.Float or ElementType.Float16 or ElementType.BFloat16;

        /// <summary>What holds such numbers here: every floating-point type the default one, every integer I32.</summary>
        public DType DType => type.IsFloat ? Defaults.DType : type == ElementType.Bool ? DType.Bool : DType.I32;

        /// <summary>How far a number of this type may be from the one that it stands for, as a part of it.</summary>
        public double Precision => type switch
        {
            ElementType.Float16 => 1.0 / (1 << 10),
            ElementType.BFloat16 => 1.0 / (1 << 7),
            _ => 0,
        };

        /// <summary>The least and the largest whole number.</summary>
        public (double Low, double High) Range => type switch
        {
            ElementType.UInt8 => (byte.MinValue, byte.MaxValue),
            ElementType.Int8 => (sbyte.MinValue, sbyte.MaxValue),
            ElementType.UInt16 => (ushort.MinValue, ushort.MaxValue),
            ElementType.Int16 => (short.MinValue, short.MaxValue),
            ElementType.Int32 => (int.MinValue, int.MaxValue),
            ElementType.UInt32 => (uint.MinValue, uint.MaxValue),
            ElementType.Int64 => (long.MinValue, long.MaxValue),
            ElementType.UInt64 => (ulong.MinValue, ulong.MaxValue),
            ElementType.Bool => (0, 1),
            _ => (double.NegativeInfinity, double.PositiveInfinity),
        };

        /// <summary>The nearest number of this type that the engine can hold, whole numbers cut towards 0 and wrapped.</summary>
        public double Nearest(double x)
        {
            switch (type)
            {
                case ElementType.Double: return x;
                case ElementType.Float: return (float)x;
                case ElementType.Float16: return (double)(Half)x;
                case ElementType.BFloat16: return ToBFloat16((float)x);
                case ElementType.Bool: return x != 0 ? 1 : 0;
            }
            var (low, high) = type.Range;
            double whole = Math.Truncate(x), span = high - low + 1;
            if (Math.Abs(whole) < 1L << 53 && span < 1L << 53) whole -= Math.Floor((whole - low) / span) * span;
            return whole is >= int.MinValue and <= int.MaxValue ? whole
                : throw new NotSupportedByEngineException($"the {type} {whole:R}: integers are held in 32 bits");
        }
    }

    // The upper half of the bits, rounded to even.
    static double ToBFloat16(float x)
    {
        if (float.IsNaN(x)) return x;
        uint bits = BitConverter.SingleToUInt32Bits(x);
        return BitConverter.UInt32BitsToSingle(bits + 0x7FFF + (bits >> 16 & 1) & 0xFFFF0000);
    }
}
