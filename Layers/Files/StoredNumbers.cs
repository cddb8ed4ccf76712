using System.Runtime.InteropServices;

namespace NanoAttention;

/// <summary>Numbers as files hold them, as the types that tensors have.</summary>
static class StoredNumbers
{
    /// <summary>
    /// A tensor of little-endian numbers, in row-major order, of a type by the name that safetensors gives it: F16 and BF16 become F32,
    /// integers I32. Throws <see cref="InvalidDataException"/>, naming the tensor, where an integer does not fit or a truth value is neither 0 nor 1.
    /// </summary>
    public static Tensor ToTensor(string name, string type, Shape shape, ReadOnlyMemory<byte> bytes)
    {
        return type switch
        {
            "F64" => Same<double>(),
            "F32" => Same<float>(),
            "I32" => Same<int>(),
            "F16" => Each<Half, float>(v => (float)v),
            "BF16" => Each<ushort, float>(v => BitConverter.UInt32BitsToSingle((uint)v << 16)),
            "I64" => Each<long, int>(v => v is >= int.MinValue and <= int.MaxValue ? (int)v : throw Misfit(v)),
            "U64" => Each<ulong, int>(v => v <= int.MaxValue ? (int)v : throw Misfit(v)),
            "U32" => Each<uint, int>(v => v <= int.MaxValue ? (int)v : throw Misfit(v)),
            "I16" => Each<short, int>(v => v),
            "U16" => Each<ushort, int>(v => v),
            "I8" => Each<sbyte, int>(v => v),
            "U8" => Each<byte, int>(v => v),
            _ => Each<byte, bool>(v => v <= 1 ? v == 1 : throw new InvalidDataException($"{name} holds {v} as a truth value, which must be 0 or 1")),
        };

        Tensor Same<T>() where T : unmanaged => Tensor.From(MemoryMarshal.Cast<byte, T>(bytes.Span), shape, Device.Cpu);

        Tensor Each<S, T>(Func<S, T> f) where S : unmanaged where T : unmanaged
        {
            var from = MemoryMarshal.Cast<byte, S>(bytes.Span);
            var to = new T[from.Length];
            for (int i = 0; i < to.Length; i++) to[i] = f(from[i]);
            return Tensor.From(to, shape, Device.Cpu);
        }

        InvalidDataException Misfit(object value) => new($"{name} holds {value}, which does not fit I32");
    }
}
