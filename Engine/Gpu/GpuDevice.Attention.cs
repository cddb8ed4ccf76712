using ILGPU;
using NanoAttention.Kernels.Cpu;

namespace NanoAttention;

public sealed partial class GpuDevice
{
    internal override void Attention(Tensor q, Tensor k, Tensor v, Tensor? mask, Tensor? bias, Tensor y, Tensor lse, AttentionShape shape)
    {
        var weights = Product(q, Transposed(k));
        Launch(Groups(lse.Count, shape.Keys), Kernels.Gpu.Attention.Forward, View(weights), Bytes(mask), Optional(bias), View(lse), new Kernels.Gpu.AttentionShape(shape));
        Copy(Product(weights, v), y);
    }

    internal override void AttentionBackward(Tensor q, Tensor k, Tensor v, Tensor? mask, Tensor? bias, Tensor y, Tensor lse, Tensor dy, Tensor dq, Tensor dk, Tensor dv, Tensor? dbias, AttentionShape shape)
    {
        Tensor weights = Product(q, Transposed(k)), ds = Product(dy, Transposed(v));
        Launch(Groups(lse.Count, shape.Keys), Kernels.Gpu.Attention.Backward, View(weights), Bytes(mask), Optional(bias), View(lse), View(ds), Optional(dbias), new Kernels.Gpu.AttentionShape(shape));
        Copy(Product(ds, k), dq);
        Copy(Product(Transposed(ds), q), dk);
        Copy(Product(Transposed(weights), dy), dv);
    }

    internal override void AttentionWeights(Tensor q, Tensor k, Tensor? mask, Tensor? bias, Tensor lse, Tensor weights, AttentionShape shape)
    {
        MatMul(q, Transposed(k), weights);
        Launch(Items(weights.Count), Kernels.Gpu.Attention.Weights, View(weights), Bytes(mask), Optional(bias), View(lse), new Kernels.Gpu.AttentionShape(shape));
    }

    // a b, of tensors with the same leading axes
    Tensor Product(Tensor a, Tensor b)
    {
        var c = Tensor.Empty([.. a.Shape.Sizes[..^1], b.Shape[^1]], a.DType, this, "Attention");
        MatMul(a, b, c);
        return c;
    }

    static Tensor Transposed(Tensor x) => x.Detach().Transpose();

    ArrayView<byte> Bytes(Tensor? mask) => mask is null ? nothing.Bytes.SubView(0, 0) : View<byte>(mask);
}
