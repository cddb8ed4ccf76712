using System.Buffers.Binary;
using System.IO.Compression;

namespace NanoAttention.Tutorials;

/// <summary>
/// An array of bytes with its dimensions, as an IDX file holds it (LeCun's MNIST page): two zero bytes, the type
/// (8 = unsigned byte), the number of dimensions, each dimension as a big-endian 32-bit integer, then the data row-major.
/// </summary>
public sealed record Idx(byte[] Data, int[] Dimensions)
{
    const int UnsignedByte = 8;
    const int FirstBuffer = 1 << 16;

    /// <summary>Reads a file, plain or compressed with gzip (told by its first two bytes, not its name).</summary>
    /// <param name="rank">The number of dimensions that the file should have.</param>
    /// <exception cref="InvalidDataException">The file is not such an IDX file; the message says in what way.</exception>
    public static Idx Read(string path, int rank)
    {
        using FileStream file = File.OpenRead(path);
        try
        {
            return Read(file, rank);
        }
        catch (InvalidDataException e)
        {
            throw new InvalidDataException($"{path}: {e.Message}", e);
        }
    }

    /// <summary>Reads a seekable stream, plain or compressed with gzip.</summary>
    public static Idx Read(Stream stream, int rank)
    {
        if (rank is not (> 0 and <= byte.MaxValue))
            throw new ArgumentOutOfRangeException(nameof(rank), $"Idx: a rank of {rank}; files have 1 to {byte.MaxValue} dimensions");
        Span<byte> magic = stackalloc byte[2];
        bool compressed = stream.ReadAtLeast(magic, 2, throwOnEndOfStream: false) == 2 && magic is [0x1F, 0x8B];
        stream.Position = 0;
        if (!compressed) return ReadPlain(stream, rank);
        using var unpacked = new GZipStream(stream, CompressionMode.Decompress, leaveOpen: true);
        return ReadPlain(unpacked, rank);
    }

    static Idx ReadPlain(Stream stream, int rank)
    {
        Span<byte> header = stackalloc byte[4 + 4 * rank];
        int got = stream.ReadAtLeast(header, header.Length, throwOnEndOfStream: false);
        if (got >= 4) CheckMagic(header[..4], rank);
        if (got < header.Length)
            throw new InvalidDataException($"truncated: the header of {rank} dimensions has {header.Length} bytes, the file {got}");
        int[] dimensions = new int[rank];
        long size = 1;
        for (int i = 0; i < rank; i++)
        {
            uint dimension = BinaryPrimitives.ReadUInt32BigEndian(header[(4 + 4 * i)..]);
            size *= dimension; // below 2³¹ · 2³²: no overflow
            if (size > Array.MaxLength || dimension > int.MaxValue)
                throw new InvalidDataException($"dimension {i} of {dimension} makes the data larger than an array can be");
            dimensions[i] = (int)dimension;
        }

        return new(ReadExactly(stream, (int)size), dimensions);
    }

    static void CheckMagic(ReadOnlySpan<byte> magic, int rank)
    {
        if (magic is not [0, 0, _, _])
            throw new InvalidDataException(
                $"not an IDX file: it begins with {Convert.ToHexString(magic)}, should be 0000{UnsignedByte:X2}{rank:X2}");
        if (magic[2] != UnsignedByte)
            throw new InvalidDataException($"IDX element type 0x{magic[2]:X2}; only unsigned bytes, 0x{UnsignedByte:X2}, are read");
        if (magic[3] != rank) throw new InvalidDataException($"IDX data of {magic[3]} dimensions, should be {rank}");
    }

    /// <summary>Reads the promised bytes into a buffer that grows with what has come, so that a false header costs no memory.</summary>
    static byte[] ReadExactly(Stream stream, int size)
    {
        byte[] data = new byte[Math.Min(size, FirstBuffer)];
        for (int filled = 0; filled < size;)
        {
            if (filled == data.Length) Array.Resize(ref data, (int)Math.Min(size, 2L * data.Length));
            int read = stream.Read(data, filled, data.Length - filled);
            if (read == 0) throw new InvalidDataException($"truncated: the header promises {size} bytes of data, {filled} are there");
            filled += read;
        }

        if (stream.ReadByte() >= 0)
            throw new InvalidDataException($"oversized: there are bytes after the {size} of data that the header promises");
        return data;
    }
}
