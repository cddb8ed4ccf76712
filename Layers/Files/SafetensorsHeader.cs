using System.Text.Json;

namespace NanoAttention;

/// <summary>Where a tensor lies: bytes Begin to End behind the header.</summary>
sealed record SafetensorsEntry(string Name, string DType, Shape Shape, long Begin, long End);

/// <summary>The table at the front of a safetensors file, checked against the length of the file before anything is allocated on its word.</summary>
sealed record SafetensorsHeader(SafetensorsEntry[] Entries, IReadOnlyDictionary<string, string> Metadata, long DataStart)
{
    const string metadataName = "__metadata__";
    const int lengthBytes = 8, largest = 100_000_000;       // the format's own bound

    static readonly JsonDocumentOptions strict = new() { AllowDuplicateProperties = false, MaxDepth = 4 };

    public static SafetensorsHeader Read(Stream stream)
    {
        long length = stream.Length;
        if (length < lengthBytes) throw new InvalidDataException($"the file is cut off: {length} bytes hold no header");
        stream.Position = 0;
        Span<byte> prefix = stackalloc byte[lengthBytes];
        stream.ReadExactly(prefix);
        ulong size = BitConverter.ToUInt64(prefix);
        if (size > largest) throw new InvalidDataException($"the header is said to be {size} bytes long; at most {largest} are allowed");
        if ((long)size > length - lengthBytes) throw new InvalidDataException($"the file is cut off: the header of {size} bytes ends behind its {length} bytes");
        byte[] json = new byte[size];
        stream.ReadExactly(json);
        if (json is not [(byte)'{', ..]) throw new InvalidDataException("the header does not begin with {");

        using var document = JsonDocument.Parse(json, strict);
        long start = lengthBytes + (long)size;
        var entries = new List<SafetensorsEntry>();
        var metadata = new Dictionary<string, string>();
        foreach (var property in document.RootElement.EnumerateObject())
            if (property.Name == metadataName) ReadMetadata(property.Value, metadata);
            else entries.Add(ReadEntry(property, length - start));
        CheckPlaces(entries, length - start);
        return new([.. entries], metadata, start);
    }

    public static byte[] Write(KeyValuePair<string, Tensor>[] tensors, IReadOnlyDictionary<string, string>? metadata)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            if (metadata is { Count: > 0 })
            {
                json.WriteStartObject(metadataName);
                foreach (var (key, value) in metadata) json.WriteString(key, value);
                json.WriteEndObject();
            }
            long begin = 0;
            foreach (var (name, tensor) in tensors)
            {
                if (name == metadataName) throw new ArgumentException($"Safetensors: {metadataName} is no name for a tensor");
                json.WriteStartObject(name);
                json.WriteString("dtype", tensor.DType == DType.Bool ? "BOOL" : $"{tensor.DType}");
                json.WriteStartArray("shape");
                foreach (int size in tensor.Shape) json.WriteNumberValue(size);
                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(begin);
                json.WriteNumberValue(begin += (long)tensor.Count * tensor.DType.Size);
                json.WriteEndArray();
                json.WriteEndObject();
            }
            json.WriteEndObject();
        }
        while (stream.Length % 8 != 0) stream.WriteByte((byte)' ');
        return stream.ToArray();
    }

    static void ReadMetadata(JsonElement json, Dictionary<string, string> metadata)
    {
        if (json.ValueKind != JsonValueKind.Object) throw new InvalidDataException($"{metadataName} is {json.ValueKind}, not an object");
        foreach (var entry in json.EnumerateObject())
            metadata.Add(entry.Name, entry.Value.ValueKind == JsonValueKind.String ? entry.Value.GetString()! : throw new InvalidDataException($"{metadataName}.{entry.Name} is {entry.Value.ValueKind}, not a string"));
    }

    static SafetensorsEntry ReadEntry(JsonProperty property, long dataLength)
    {
        string name = property.Name;
        var json = property.Value;
        if (json.ValueKind != JsonValueKind.Object || !json.TryGetProperty("dtype", out var dtype) || dtype.ValueKind != JsonValueKind.String
            || !json.TryGetProperty("shape", out var shape) || !json.TryGetProperty("data_offsets", out var offsets))
            throw new InvalidDataException($"{name} must be an object with dtype, shape and data_offsets");
        long[] sizes = Integers(name, "shape", shape), ends = Integers(name, "data_offsets", offsets);
        if (ends.Length != 2) throw new InvalidDataException($"{name} has {ends.Length} data_offsets, not 2");

        var (begin, end) = (ends[0], ends[1]);
        if (begin > end) throw new InvalidDataException($"{name} begins at {begin}, behind its end at {end}");
        if (end > dataLength) throw new InvalidDataException($"the file is cut off: {name} ends at {end}, but only {dataLength} bytes of data are there");
        Int128 count = 1;
        foreach (long size in sizes)
            if ((count *= size) > long.MaxValue) throw new InvalidDataException($"{name} has more numbers than any file holds: ({string.Join(", ", sizes)})");
        string type = dtype.GetString()!;
        if (count * Size(name, type) != end - begin)
            throw new InvalidDataException($"{name} has {end - begin} bytes, but ({string.Join(", ", sizes)}) numbers of type {type} take {count * Size(name, type)}");
        if (end - begin > Array.MaxLength || sizes.Any(size => size > int.MaxValue)) throw new InvalidDataException($"{name} has {end - begin} bytes; a tensor holds at most {Array.MaxLength}");
        return new(name, type, Shape.Create(Array.ConvertAll(sizes, size => (int)size)), begin, end);
    }

    static long[] Integers(string name, string field, JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.Array) throw new InvalidDataException($"{name}: {field} is {json.ValueKind}, not a list");
        return [.. json.EnumerateArray().Select(v => v.ValueKind == JsonValueKind.Number && v.TryGetInt64(out long n) && n >= 0 ? n
            : throw new InvalidDataException($"{name}: {field} holds {v.GetRawText()}, which is no count"))];
    }

    static int Size(string name, string dtype) => dtype switch
    {
        "F64" or "I64" or "U64" => 8,
        "F32" or "I32" or "U32" => 4,
        "F16" or "BF16" or "I16" or "U16" => 2,
        "I8" or "U8" or "BOOL" => 1,
        _ => throw new InvalidDataException($"{name} has the unknown type {dtype}"),
    };

    // The tensors must cover the data, each byte once.
    static void CheckPlaces(List<SafetensorsEntry> entries, long dataLength)
    {
        long at = 0;
        foreach (var entry in entries.OrderBy(e => e.Begin).ThenBy(e => e.End))
        {
            if (entry.Begin < at) throw new InvalidDataException($"{entry.Name} begins at {entry.Begin}, inside the tensor before it, which ends at {at}");
            if (entry.Begin > at) throw new InvalidDataException($"bytes {at} to {entry.Begin} of the data belong to no tensor");
            at = entry.End;
        }
        if (at != dataLength) throw new InvalidDataException($"{dataLength - at} bytes at the end belong to no tensor");
    }
}
