using NanoAttention.Tests.Python;

namespace NanoAttention.Tests.Conformance;

/// <summary>x[key] as PyTorch reads it: integers, slices, None, … and tensors of indices along one axis.</summary>
public static class TorchIndex
{
    public static Tensor Read(Tensor x, object? key)
    {
        object?[] places = key is object?[] several ? several : [key];
        if (places.Count(p => p is Tensor) > 1) throw new NotSupportedByEngineException("x[tensor, tensor]");
        int unnamed = x.Rank - places.Count(p => p is not null and not Ellipsis), axis = 0;
        foreach (var place in places)
            switch (place)
            {
                case Ellipsis: axis += unnamed; break;
                case null: x = x.Unsqueeze(axis++); break;
                case long i: x = x.Select(axis, (int)i); break;
                case Slice slice: x = Range(x, slice, axis++); break;
                case Tensor { DType: DType.I32 } index:
                    x = TorchBindings.IndexSelect(x, axis, index);
                    axis += index.Rank;
                    break;
                default: throw new NotSupportedByEngineException(place is Tensor mask ? $"x[{mask.DType} tensor]" : $"x[{Plain.TypeName(place)}]");
            }
        return x;
    }

    /// <summary>start:stop:step of an axis; bounds beyond it are clipped.</summary>
    static Tensor Range(Tensor x, Slice slice, int axis)
    {
        int[] positions = [.. Plain.Positions(slice, x.Shape[axis])];
        return x.Slice(axis, positions is [var first, ..] ? first : 0, positions.Length, (int)(slice.Step ?? 1));
    }
}
