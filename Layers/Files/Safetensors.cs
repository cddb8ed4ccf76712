using System.Text.Json;

namespace NanoAttention;

/// <summary>
/// Tensors by name in a file, in the safetensors format (huggingface.co/docs/safetensors): 8 bytes with the length of a header, the
/// header in JSON (type, shape and place of every tensor), then the numbers, row-major and little-endian.
/// </summary>
public static class Safetensors
{
    /// <summary>Writes the tensors beside the file and then puts them in its place: a crash leaves the old file as it was.</summary>
    public static void Save(string path, IEnumerable<KeyValuePair<string, Tensor>> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        var sorted = tensors.OrderByDescending(t => t.Value.DType.Size).ToArray();      // so that every tensor lies at a multiple of its numbers' size
        byte[] header = SafetensorsHeader.Write(sorted, metadata);
        Atomic.Write(path, stream =>
        {
            stream.Write(BitConverter.GetBytes((ulong)header.Length));
            stream.Write(header);
            foreach (var (_, tensor) in sorted) stream.Write(CpuDevice.Bytes(tensor.Detach().To(Device.Cpu).Contiguous()));
        });
    }

    /// <summary>
    /// Reads all tensors, in the order of the header, onto the CPU: F16 and BF16 become F32, integers I32. Throws
    /// <see cref="InvalidDataException"/> with the reason where the file is no whole and sound safetensors file, or an integer does not fit.
    /// </summary>
    public static (OrderedDictionary<string, Tensor> Tensors, IReadOnlyDictionary<string, string> Metadata) Load(string path)
    {
        using var file = File.OpenRead(path);
        return Load(file, path);
    }

    /// <summary>Reads from a stream that can seek; <paramref name="name"/> is what errors call it.</summary>
    public static (OrderedDictionary<string, Tensor> Tensors, IReadOnlyDictionary<string, string> Metadata) Load(Stream stream, string name = "stream")
    {
        try
        {
            var header = SafetensorsHeader.Read(stream);
            var tensors = new OrderedDictionary<string, Tensor>();
            foreach (var entry in header.Entries)
            {
                stream.Position = header.DataStart + entry.Begin;
                byte[] bytes = new byte[entry.End - entry.Begin];
                stream.ReadExactly(bytes);
                tensors.Add(entry.Name, StoredNumbers.ToTensor(entry.Name, entry.DType, entry.Shape, bytes));
            }
            return (tensors, header.Metadata);
        }
        catch (Exception e) when (e is InvalidDataException or JsonException or EndOfStreamException or InvalidOperationException)     // the last: text that is no UTF-8
        {
            throw new InvalidDataException($"Safetensors: {name}: {e.Message}", e);
        }
    }

    /// <summary>The metadata alone, without the tensors.</summary>
    public static IReadOnlyDictionary<string, string> LoadMetadata(string path)
    {
        using var file = File.OpenRead(path);
        try { return SafetensorsHeader.Read(file).Metadata; }
        catch (Exception e) when (e is InvalidDataException or JsonException or EndOfStreamException or InvalidOperationException)     // the last: text that is no UTF-8
        {
            throw new InvalidDataException($"Safetensors: {path}: {e.Message}", e);
        }
    }
}
