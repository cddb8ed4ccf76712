using System.Runtime.InteropServices;

namespace NanoAttention;

public sealed partial class Tensor
{
    /// <summary>The only number of a tensor with one element.</summary>
    public double Item()
    {
        if (Count != 1) throw new InvalidOperationException($"Item: the tensor has shape {Shape}, so {Count} numbers, not one (use ToArray)");
        return DType switch
        {
            DType.F32 => ToArray<float>()[0],
            DType.F64 => ToArray<double>()[0],
            DType.I32 => ToArray<int>()[0],
            _ => ToArray<bool>()[0] ? 1 : 0,
        };
    }

    /// <summary>A copy of the numbers in row-major order; waits for the device. Throws where <typeparamref name="T"/> is not the tensor's type.</summary>
    public T[] ToArray<T>() where T : unmanaged
    {
        CheckType<T>("ToArray");
        var values = new T[Count];
        var x = IsContiguous ? this : Detach().Clone();
        Device.Download(x, MemoryMarshal.AsBytes(values.AsSpan()));
        return values;
    }

    /// <summary>A copy of the numbers, whatever their type, as doubles.</summary>
    public double[] ToDoubles() => DType switch
    {
        DType.F64 => ToArray<double>(),
        DType.F32 => Array.ConvertAll(ToArray<float>(), v => (double)v),
        DType.I32 => Array.ConvertAll(ToArray<int>(), v => (double)v),
        _ => Array.ConvertAll(ToArray<bool>(), v => v ? 1.0 : 0),
    };

    /// <summary>Replaces the numbers in place, from values in row-major order.</summary>
    public void CopyFrom<T>(ReadOnlySpan<T> values) where T : unmanaged
    {
        CheckType<T>("CopyFrom");
        CheckCount(values.Length, Shape);
        CheckWritable("CopyFrom");
        Storage.Touch();
        Device.Upload(MemoryMarshal.AsBytes(values), this);
    }

    /// <summary>Replaces the numbers in place by another tensor's of the same shape, type and device.</summary>
    public void CopyFrom(Tensor x)
    {
        if (x.Shape != Shape || x.DType != DType || x.Device != Device)
            throw new ArgumentException($"CopyFrom: {x.Shape} ({x.DType}, {x.Device.Name}) does not fit {Shape} ({DType}, {Device.Name})");
        if (Strides.Contains(0) && Count > 1) throw new InvalidOperationException($"CopyFrom: {Shape} is a stretched view, in which places share memory; copy into a tensor of its own");
        if (x.Storage == Storage) x = x.Detach().Clone();
        Storage.Touch();
        Device.Copy(x, this);
    }

    /// <summary>Sets every number in place.</summary>
    public void Fill(double value)
    {
        CheckWritable("Fill");
        Storage.Touch();
        Device.Fill(this, value);
    }

    /// <summary>The numbers of an F64 tensor on the CPU, in place and writable: what gradient checking nudges.</summary>
    Span<double> IVariable<Tensor>.Elements
    {
        get
        {
            if (DType != DType.F64 || Device is not CpuDevice)
                throw new ArgumentException($"Elements: {Shape} holds {DType} on {Device.Name}; gradients are checked in double precision on the CPU: make the tensors with dtype: DType.F64, or set Defaults.DType");
            CheckWritable("Elements");
            Storage.Touch();
            return CpuDevice.View<double>(this).Span[..Count];
        }
    }

    /// <summary>[1, 2]: the multi-index of a number, counted in row-major order.</summary>
    string IVariable<Tensor>.Place(int i)
    {
        if (Rank == 0) return "";
        var index = new int[Rank];
        for (int axis = Rank - 1; axis >= 0; i /= Shape[axis], axis--) index[axis] = i % Shape[axis];
        return $"[{string.Join(", ", index)}]";
    }

    void CheckType<T>(string op) where T : unmanaged
    {
        if (DTypes.Of<T>() != DType) throw new ArgumentException($"{op}: the tensor holds {DType}, not {DTypes.Of<T>()}");
    }

    void CheckWritable(string op)
    {
        if (!IsContiguous) throw new InvalidOperationException($"{op}: the tensor is a strided view of shape {Shape}; only contiguous tensors can be changed in place");
    }
}
