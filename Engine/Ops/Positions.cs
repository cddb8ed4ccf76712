namespace NanoAttention;

public sealed partial class Tensor
{
    /// <summary>
    /// Σ stride · index over the given indices (I32, stretched to the shape): where in row-major memory an index expression reads. An
    /// index −size ≤ i &lt; 0 counts from the end.
    /// </summary>
    static Tensor Positions(string op, Shape shape, Device device, params ReadOnlySpan<(Tensor Index, int Size, int Stride)> terms)
    {
        var at = Full(shape, 0, DType.I32, device);
        foreach (var (index, size, stride) in terms)
        {
            if (index.DType != DType.I32 || index.Device != device)
                throw new ArgumentException($"{op}: indices {index.Shape} are {index.DType} on {index.Device.Name}; they must be I32 on {device.Name}");
            device.AddIndex(op, index.Contiguous(), at, size, stride);
        }
        return at;
    }

    // 0, 1, …, n − 1 along one axis of a shape of the given rank
    static Tensor Along(int n, int axis, int rank, Device device)
    {
        var sizes = new int[rank];
        Array.Fill(sizes, 1);
        sizes[axis] = n;
        return Arange(n, DType.I32, device).Reshape(sizes);
    }

    // I32 (rows): the last of the positions that names each row, −1 where none does
    static Tensor Last(Tensor at, int rows)
    {
        var last = Full([rows], -1, DType.I32, at.Device);
        at.Device.LastPosition(at, last);
        return last;
    }
}
