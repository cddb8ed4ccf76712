using System.Runtime.InteropServices;
using System.Text.Json;

namespace NanoAttention.Tests.Conformance;

/// <summary>
/// The tensors of one file, read as they are asked for: floating-point numbers as the default type, integers as I32, on the CPU. An
/// integer that I32 cannot hold is not supported; the least and the largest of 64 bits, which stand for an axis' ends, become those of
/// 32.
/// </summary>
public sealed class OnnxFile
{
    readonly byte[] bytes;
    readonly int start;
    readonly JsonElement header;

    public OnnxFile(string path)
    {
        bytes = File.ReadAllBytes(path);
        start = 8 + checked((int)BitConverter.ToUInt64(bytes, 0));
        using var document = JsonDocument.Parse(bytes.AsMemory(8, start - 8));
        header = document.RootElement.Clone();
    }

    public OnnxValue this[string key]
    {
        get
        {
            var entry = header.GetProperty(key);
            var type = ElementTypes.Named(entry.GetProperty("dtype").GetString()!);
            int[] places = Ints("data_offsets");
            return new(Tensor.Of(Numbers(type, bytes.AsSpan(start + places[0], places[1] - places[0])), Shape.Create(Ints("shape")),
                type.DType, Device.Cpu), type);

            int[] Ints(string name) => [.. entry.GetProperty(name).EnumerateArray().Select(n => n.GetInt32())];
        }
    }

    static double[] Numbers(ElementType type, ReadOnlySpan<byte> bytes) => type switch
    {
        ElementType.Double => MemoryMarshal.Cast<byte, double>(bytes).ToArray(),
        ElementType.Float => Each<float>(bytes, x => x),
        ElementType.Float16 => Each<Half>(bytes, x => (double)x),
        ElementType.BFloat16 => Each<ushort>(bytes, x => BitConverter.UInt32BitsToSingle((uint)x << 16)),
        ElementType.Int64 => Each<long>(bytes, x =>
            x is long.MinValue or long.MaxValue ? Math.Clamp(x, int.MinValue, int.MaxValue) : Held(x)),
        ElementType.UInt64 => Each<ulong>(bytes, x => Held(x)),
        ElementType.UInt32 => Each<uint>(bytes, x => Held(x)),
        ElementType.Int32 => Each<int>(bytes, x => x),
        ElementType.Int16 => Each<short>(bytes, x => x),
        ElementType.UInt16 => Each<ushort>(bytes, x => x),
        ElementType.Int8 => Each<sbyte>(bytes, x => x),
        _ => Each<byte>(bytes, x => x),
    };

    static double[] Each<T>(ReadOnlySpan<byte> bytes, Func<T, double> f) where T : unmanaged =>
        Array.ConvertAll(MemoryMarshal.Cast<byte, T>(bytes).ToArray(), x => f(x));

    static double Held(Int128 x) => x >= int.MinValue && x <= int.MaxValue ? (double)x
        : throw new NotSupportedByEngineException($"the integer {x}: integers are held in 32 bits");
}
