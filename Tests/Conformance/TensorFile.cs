using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace NanoAttention.Tests.Conformance;

/// <summary>The expected numbers of a tensor, as doubles whatever their type.</summary>
public sealed record Expected(Shape Shape, string DType, double[] Values)
{
    /// <summary>The same numbers as a tensor: integers as I32, and floats in the given type.</summary>
    public Tensor ToTensor(DType floats) => Tensor.Of(Values, Shape, DType switch
    {
        "BOOL" => NanoAttention.DType.Bool,
        "F64" or "F32" => floats,
        _ => NanoAttention.DType.I32,
    });
}

/// <summary>A safetensors file of the vectors, read whole, with the 64-bit integers that tensors of this project do not hold.</summary>
public sealed class TensorFile
{
    readonly byte[] content;
    readonly JsonElement entries;
    readonly int start;

    public TensorFile(string path)
    {
        content = File.ReadAllBytes(path);
        start = checked(8 + (int)BinaryPrimitives.ReadUInt64LittleEndian(content));
        using var header = JsonDocument.Parse(content.AsMemory(8, start - 8));
        entries = header.RootElement.Clone();
    }

    public IEnumerable<string> Names => entries.EnumerateObject().Select(m => m.Name).Where(n => n != "__metadata__");

    public bool Has(string name) => entries.TryGetProperty(name, out _);

    public Expected this[string name]
    {
        get
        {
            var entry = entries.GetProperty(name);
            var dtype = entry.GetProperty("dtype").GetString()!;
            var range = entry.GetProperty("data_offsets");
            var bytes = content.AsSpan(start)[range[0].GetInt32()..range[1].GetInt32()];
            return new([.. entry.GetProperty("shape").EnumerateArray().Select(n => n.GetInt32())], dtype, Doubles(dtype, bytes));
        }
    }

    static double[] Doubles(string dtype, ReadOnlySpan<byte> bytes) => dtype switch
    {
        "F64" => MemoryMarshal.Cast<byte, double>(bytes).ToArray(),
        "F32" => Array.ConvertAll(MemoryMarshal.Cast<byte, float>(bytes).ToArray(), v => (double)v),
        "I64" => Array.ConvertAll(MemoryMarshal.Cast<byte, long>(bytes).ToArray(), v => (double)v),
        "I32" => Array.ConvertAll(MemoryMarshal.Cast<byte, int>(bytes).ToArray(), v => (double)v),
        "BOOL" => Array.ConvertAll(bytes.ToArray(), v => v == 0 ? 0.0 : 1.0),
        _ => throw new NotSupportedByEngineException(dtype),
    };
}
