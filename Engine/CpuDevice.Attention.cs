using NanoAttention.Kernels;
using NanoAttention.Kernels.Cpu;

namespace NanoAttention;

public sealed unsafe partial class CpuDevice
{
    internal override void Attention(Tensor q, Tensor k, Tensor v, Tensor? mask, Tensor? bias, Tensor y, Tensor lse, AttentionShape shape)
    {
        if (q.DType == DType.F32) Go<float>(); else Go<double>();

        void Go<T>() where T : unmanaged =>
            Run<Attention.Forward<T>, T>(new(View<T>(q), View<T>(k), View<T>(v), Optional<byte>(mask), Optional<T>(bias), View<T>(y), View<T>(lse), shape),
                Kernels.Cpu.Attention.Forward<T>.Items(shape), Cost(shape) / Math.Max(1, Kernels.Cpu.Attention.Forward<T>.Items(shape)));
    }

    internal override void AttentionBackward(Tensor q, Tensor k, Tensor v, Tensor? mask, Tensor? bias, Tensor y, Tensor lse, Tensor dy, Tensor dq, Tensor dk, Tensor dv, Tensor? dbias, AttentionShape shape)
    {
        var delta = Tensor.Empty(lse.Shape, lse.DType, this, "AttentionBackward");
        if (q.DType == DType.F32) Go<float>(); else Go<double>();

        void Go<T>() where T : unmanaged =>
            Run<Attention.Backward<T>, T>(new(View<T>(q), View<T>(k), View<T>(v), Optional<byte>(mask), Optional<T>(bias), View<T>(y), View<T>(lse), View<T>(dy), View<T>(delta),
                View<T>(dq), View<T>(dk), View<T>(dv), Optional<T>(dbias), shape), Kernels.Cpu.Attention.Backward<T>.Items(shape), 2.5 * Cost(shape) / Math.Max(1, shape.Batch * shape.Heads));
    }

    internal override void AttentionWeights(Tensor q, Tensor k, Tensor? mask, Tensor? bias, Tensor lse, Tensor weights, AttentionShape shape)
    {
        if (q.DType == DType.F32) Go<float>(); else Go<double>();

        void Go<T>() where T : unmanaged =>
            Run<Attention.Weights<T>, T>(new(View<T>(q), View<T>(k), Optional<byte>(mask), Optional<T>(bias), View<T>(lse), View<T>(weights), shape),
                Kernels.Cpu.Attention.Weights<T>.Items(shape), Cost(shape) / Math.Max(1, Kernels.Cpu.Attention.Weights<T>.Items(shape)));
    }

    static double Cost(AttentionShape s) => (double)s.Batch * s.Heads * s.Queries * s.Keys * ((s.HeadDim + s.ValueDim) / 8.0 + 4);
}
