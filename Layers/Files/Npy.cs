using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using System.Text.RegularExpressions;

namespace NanoAttention;

/// <summary>
/// NumPy's files (NEP 1, numpy.org/neps/nep-0001-npy-format.html): an array in a .npy, several by name in a .npz, a zip archive of them.
/// A .npy is the magic word, a version, a header as a Python dictionary (type, order, shape), then the numbers. Float16 is read as F32,
/// integers as I32, numbers of either byte order and arrays of either axis order; objects, strings and complex numbers are refused.
/// </summary>
public static partial class Npy
{
    const int longestHeader = 10_000, piece = 1 << 16;      // the first is NumPy's own bound
    static ReadOnlySpan<byte> Magic => [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y'];

    /// <summary>Writes one tensor, version 1.0, little-endian; beside the file first, which is then put in its place.</summary>
    public static void Save(string path, Tensor x) => Atomic.Write(path, stream => Write(stream, x));

    /// <summary>Writes tensors by name into a .npz, compressed or not. A name must not be empty or given twice.</summary>
    public static void SaveZip(string path, IEnumerable<KeyValuePair<string, Tensor>> tensors, bool compress = false)
    {
        var all = tensors.ToArray();
        if (all.Any(t => t.Key.Length == 0) || all.Select(t => t.Key).Distinct().Count() < all.Length)
            throw new ArgumentException("Npy.SaveZip: every tensor must have a name of its own");
        Atomic.Write(path, stream =>
        {
            using var archive = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true);
            foreach (var (name, tensor) in all)
            {
                using var entry = archive.CreateEntry($"{name}.npy", compress ? CompressionLevel.Optimal : CompressionLevel.NoCompression).Open();
                Write(entry, tensor);
            }
        });
    }

    /// <summary>Reads a .npy onto the CPU.</summary>
    /// <exception cref="InvalidDataException">It is no whole and sound .npy, or holds what a tensor cannot; the message has the reason.</exception>
    public static Tensor Load(string path)
    {
        using var file = File.OpenRead(path);
        return Guarded(path, () => Read(file, "the array"));
    }

    /// <summary>Reads all arrays of a .npz onto the CPU, in the order of the archive.</summary>
    /// <inheritdoc cref="Load" path="/exception"/>
    public static OrderedDictionary<string, Tensor> LoadZip(string path)
    {
        using var file = File.OpenRead(path);
        return Guarded(path, () =>
        {
            using var archive = new ZipArchive(file, ZipArchiveMode.Read);
            var tensors = new OrderedDictionary<string, Tensor>();
            foreach (var entry in archive.Entries)
            {
                string name = entry.FullName.EndsWith(".npy", StringComparison.Ordinal) ? entry.FullName[..^4] : throw new InvalidDataException($"{entry.FullName} is no .npy");
                using var stream = new Checked(entry.Open(), entry.Crc32, name);
                if (!tensors.TryAdd(name, Read(stream, name))) throw new InvalidDataException($"{name} is there twice");
            }
            return tensors;
        });
    }

    static T Guarded<T>(string path, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException)
        {
            throw new InvalidDataException($"Npy: {path}: {e.Message}", e);
        }
    }

    static void Write(Stream stream, Tensor x)
    {
        string type = x.DType switch { DType.F32 => "<f4", DType.F64 => "<f8", DType.I32 => "<i4", _ => "|b1" };
        string shape = x.Rank == 1 ? $"{x.Shape[0]}," : string.Join(", ", x.Shape.Sizes.ToArray());
        string header = $"{{'descr': '{type}', 'fortran_order': False, 'shape': ({shape}), }}";
        int prefix = Magic.Length + 4;
        header = header.PadRight((prefix + header.Length + 1 + 63) / 64 * 64 - prefix - 1) + "\n";     // so that the numbers begin at a multiple of 64
        stream.Write(Magic);
        stream.Write([1, 0, (byte)(header.Length & 255), (byte)(header.Length >> 8)]);
        stream.Write(Encoding.ASCII.GetBytes(header));
        stream.Write(CpuDevice.Bytes(x.Detach().To(Device.Cpu).Contiguous()));
    }

    static Tensor Read(Stream stream, string name)
    {
        Span<byte> start = stackalloc byte[8];
        stream.ReadExactly(start);
        if (!start[..6].SequenceEqual(Magic)) throw new InvalidDataException($"{name} does not begin with NumPy's magic word");
        if (start[6] is not (1 or 2 or 3)) throw new InvalidDataException($"{name} has the unknown version {start[6]}.{start[7]}");
        Span<byte> size = stackalloc byte[start[6] == 1 ? 2 : 4];
        stream.ReadExactly(size);
        uint length = start[6] == 1 ? BinaryPrimitives.ReadUInt16LittleEndian(size) : BinaryPrimitives.ReadUInt32LittleEndian(size);
        if (length > longestHeader) throw new InvalidDataException($"{name} is said to have a header of {length} bytes; at most {longestHeader} are allowed");
        byte[] header = new byte[length];
        stream.ReadExactly(header);
        var (kind, itemSize, bigEndian, fortran, sizes) = Parse(name, Encoding.UTF8.GetString(header));

        // each product is below 2³¹ · 2³¹
        long count = sizes.Contains(0) ? 0 : sizes.Aggregate((long)itemSize, (product, n) => Math.Min(product * n, int.MaxValue));
        if (count > Array.MaxLength) throw new InvalidDataException($"{name} has ({string.Join(", ", sizes)}) numbers of {itemSize} bytes; a tensor holds at most {Array.MaxLength} bytes");
        byte[] bytes = Exactly(stream, (int)count, name);
        if (bigEndian)
            for (int i = 0; i < bytes.Length; i += itemSize) bytes.AsSpan(i, itemSize).Reverse();
        if (!fortran) return StoredNumbers.ToTensor(name, kind, Shape.Create(sizes), bytes);
        int[] reversed = [.. sizes.Reverse()];
        return StoredNumbers.ToTensor(name, kind, Shape.Create(reversed), bytes).Permute([.. Enumerable.Range(0, sizes.Length).Reverse()]).Contiguous();
    }

    // Piece by piece, so that a header's word alone allocates nothing; then nothing may follow.
    static byte[] Exactly(Stream stream, int count, string name)
    {
        using var found = new MemoryStream();
        byte[] buffer = new byte[Math.Min(count, piece)];
        while (found.Length < count)
        {
            int read = stream.Read(buffer, 0, (int)Math.Min(buffer.Length, count - found.Length));
            if (read == 0) throw new InvalidDataException($"{name} is cut off: {found.Length} of {count} bytes of numbers are there");
            found.Write(buffer, 0, read);
        }
        if (stream.ReadByte() >= 0) throw new InvalidDataException($"{name} has more bytes than the {count} of its numbers");
        return found.ToArray();
    }

    /// <summary>An archive's entry, whose checksum is compared at its end: the CRC-32 of zip (ISO 3309), bit by bit reflected.</summary>
    sealed class Checked(Stream entry, uint expected, string name) : Stream
    {
        static readonly uint[] table = [.. Enumerable.Range(0, 256).Select(i => Enumerable.Range(0, 8).Aggregate((uint)i, (c, _) => (c >> 1) ^ (0xEDB88320u & (0 - (c & 1)))))];
        uint crc = uint.MaxValue;

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override int Read(Span<byte> buffer)
        {
            int read = entry.Read(buffer);
            foreach (byte b in buffer[..read]) crc = table[(byte)(crc ^ b)] ^ (crc >> 8);
            if (read == 0 && buffer.Length > 0 && ~crc != expected) throw new InvalidDataException($"{name} is damaged: its checksum is {~crc:X8}, which should be {expected:X8}");
            return read;
        }

        protected override void Dispose(bool disposing) => entry.Dispose();

        public override bool CanRead => true;
        public override bool CanSeek => false;
        public override bool CanWrite => false;
        public override long Length => throw new NotSupportedException();
        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }
        public override void Flush() { }
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }

    static (string Kind, int ItemSize, bool BigEndian, bool Fortran, int[] Sizes) Parse(string name, string header)
    {
        var type = Descr().Match(header);
        var order = Order().Match(header);
        var shape = Sizes().Match(header);
        if (!type.Success || !order.Success || !shape.Success)
            throw new InvalidDataException($"{name} has the header {header.Trim()}, which lacks a simple descr, fortran_order or shape");
        int[] sizes = [.. Number().Matches(shape.Groups[1].Value).Select(n => int.TryParse(n.Value, out int size) ? size : throw new InvalidDataException($"{name} has an axis of {n.Value}"))];
        string word = type.Groups[2].Value;
        (string kind, int itemSize) = word switch
        {
            "f8" => ("F64", 8),
            "f4" => ("F32", 4),
            "f2" => ("F16", 2),
            "i8" => ("I64", 8),
            "i4" => ("I32", 4),
            "i2" => ("I16", 2),
            "i1" => ("I8", 1),
            "u8" => ("U64", 8),
            "u4" => ("U32", 4),
            "u2" => ("U16", 2),
            "u1" => ("U8", 1),
            "b1" => ("BOOL", 1),
            _ => throw new InvalidDataException($"{name} holds {type.Groups[1].Value}{word}; a tensor holds floating point, integers or truth values"),
        };
        bool big = type.Groups[1].Value == ">" && itemSize > 1;
        return (kind, itemSize, big, order.Groups[1].Value == "True", sizes);
    }

    [GeneratedRegex(@"'descr':\s*'([<>|=]?)([A-Za-z]\d*)'")]
    private static partial Regex Descr();

    [GeneratedRegex(@"'fortran_order':\s*(True|False)")]
    private static partial Regex Order();

    [GeneratedRegex(@"'shape':\s*\(((?:\s*\d+\s*,?)*)\s*\)")]
    private static partial Regex Sizes();

    [GeneratedRegex(@"\d+")]
    private static partial Regex Number();
}
