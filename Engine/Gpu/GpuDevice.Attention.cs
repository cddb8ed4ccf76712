using ILGPU;
using ILGPU.Runtime;
using NanoAttention.Kernels.Cpu;
using NanoAttention.Kernels.Gpu;

namespace NanoAttention;

public sealed partial class GpuDevice
{
    internal override void Attention(Tensor q, Tensor k, Tensor v, Tensor? mask, Tensor? bias, Tensor y, Tensor lse, AttentionShape shape)
    {
        if (IsSimulated) Attention<AttentionTile8>(q, k, v, mask, bias, y, lse, shape);
        else Attention<AttentionTile64>(q, k, v, mask, bias, y, lse, shape);
    }

    internal void Attention<S>(Tensor q, Tensor k, Tensor v, Tensor? mask, Tensor? bias, Tensor y, Tensor lse, AttentionShape shape)
        where S : struct, IAttentionTile =>
        Launch(Blocks<S>(shape, shape.Queries, shape.ValueDim), Kernels.Gpu.Attention.Forward<S>,
            Inputs(q, k, v, mask, bias, shape), Heads(y, shape.Y), View(lse), Room<S>(nameof(Kernels.Gpu.Attention.Forward)));

    internal override void AttentionBackward(Tensor q, Tensor k, Tensor v, Tensor? mask, Tensor? bias, Tensor y, Tensor lse, Tensor dy,
        Tensor dq, Tensor dk, Tensor dv, Tensor? dbias, AttentionShape shape)
    {
        if (IsSimulated) AttentionBackward<AttentionTile8>(q, k, v, mask, bias, y, lse, dy, dq, dk, dv, dbias, shape);
        else AttentionBackward<AttentionTile64>(q, k, v, mask, bias, y, lse, dy, dq, dk, dv, dbias, shape);
    }

    internal void AttentionBackward<S>(Tensor q, Tensor k, Tensor v, Tensor? mask, Tensor? bias, Tensor y, Tensor lse, Tensor dy,
        Tensor dq, Tensor dk, Tensor dv, Tensor? dbias, AttentionShape shape) where S : struct, IAttentionTile
    {
        var delta = Tensor.Empty(lse.Shape, lse.DType, this, "Attention");
        Launch(Items(lse.Count), Kernels.Gpu.Attention.Delta,
            Inputs(q, k, v, mask, bias, shape), Heads(y, shape.Y), Heads(dy, shape.DY), View(delta));
        Launch(Blocks<S>(shape, shape.Queries, shape.HeadDim), Kernels.Gpu.Attention.BackwardByQuery<S>,
            Inputs(q, k, v, mask, bias, shape), View(lse), View(delta), Heads(dy, shape.DY), Heads(dq, shape.DQ), Optional(dbias),
            Room<S>(nameof(Kernels.Gpu.Attention.BackwardByQuery)));
        Launch(Blocks<S>(shape, shape.Keys, Math.Max(shape.HeadDim, shape.ValueDim)), Kernels.Gpu.Attention.BackwardByKey<S>,
            Inputs(q, k, v, mask, bias, shape), View(lse), View(delta), Heads(dy, shape.DY), Heads(dk, shape.DK), Heads(dv, shape.DV),
            Room<S>(nameof(Kernels.Gpu.Attention.BackwardByKey)));
    }

    internal override void AttentionWeights(Tensor q, Tensor k, Tensor? mask, Tensor? bias, Tensor lse, Tensor weights,
        AttentionShape shape)
    {
        MatMul(q, k.Detach().Transpose(), weights);
        Launch(Items(weights.Count), Kernels.Gpu.Attention.Weights, View(weights), View(lse), Scores(mask, bias, shape));
    }

    // A group for each block of rows of each head and each slice of the width.
    KernelConfig Blocks<S>(AttentionShape shape, int rows, int width) where S : struct, IAttentionTile
    {
        int blocks = shape.Batch * shape.Heads * Kernels.Gpu.Attention.Blocks<S>(rows) * Kernels.Gpu.Attention.Slices<S>(width);
        int high = S.Side / 2, pair = Math.Min(high, 2);
        return new(new Index3D(IsSimulated ? Math.Min(blocks, 2) : blocks, 1, 1), new Index3D(pair, S.Side, high / pair));
    }

    /// <summary>
    /// The threads of a kernel's group, and registers for as many groups at once on a multiprocessor as its shared memory leaves room for.
    /// </summary>
    internal static KernelSpecialization AttentionBounds<S>(string kernel) where S : struct, IAttentionTile =>
        new(S.Side * S.Side / 2, kernel == nameof(Kernels.Gpu.Attention.BackwardByKey) ? 3 : 4);

    KernelSpecialization Room<S>(string kernel) where S : struct, IAttentionTile => IsSimulated ? default : AttentionBounds<S>(kernel);

    AttentionInputs Inputs(Tensor q, Tensor k, Tensor v, Tensor? mask, Tensor? bias, AttentionShape shape) =>
        new(shape, Heads(q, shape.Q), Heads(k, shape.K), Heads(v, shape.V), Scores(mask, bias, shape));

    static Heads Heads(Tensor x, AttentionStrides strides) => new(View(x), strides, x.Shape[2], x.Shape[3], x.Offset % 4 == 0);

    AttentionScores Scores(Tensor? mask, Tensor? bias, AttentionShape shape) =>
        new(shape, mask is null ? nothing.Bytes.SubView(0, 0) : View<byte>(mask), Optional(bias));
}
