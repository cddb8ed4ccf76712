using static NanoAttention.Reverse;

namespace NanoAttention;

public sealed partial class Tensor
{
    /// <summary>Converted to another type: floating point truncates towards zero into integers, and is true where not 0. Gradients flow between F32 and F64.</summary>
    public Tensor To(DType type)
    {
        if (type == DType) return this;
        var x = Contiguous();
        var y = Empty(Shape, type, Device);
        Device.Cast(x, y);
        return type.IsFloat && DType.IsFloat ? Record(y, [(x, dy => dy.To(x.DType))]) : y;
    }

    /// <summary>A copy on another device; itself where it is there already.</summary>
    public Tensor To(Device device)
    {
        if (device == Device) return this;
        var x = Contiguous();
        var y = Empty(Shape, DType, device);
        if (x.Device is CpuDevice) device.Upload(CpuDevice.Bytes(x), y);
        else if (device is CpuDevice) x.Device.Download(x, CpuDevice.Bytes(y));
        else device.Upload(CpuDevice.Bytes(x.Detach().To(Device.Cpu)), y);
        return Record(y, [(x, dy => dy.To(x.Device))]);
    }
}
