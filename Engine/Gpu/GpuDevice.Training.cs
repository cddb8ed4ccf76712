using System.Runtime.InteropServices;
using ILGPU;
using ILGPU.Runtime;
using NanoAttention.Kernels;
using NanoAttention.Kernels.Gpu;

namespace NanoAttention;

public sealed partial class GpuDevice
{
    internal override void Sgd(Tensor p, Tensor g, Tensor? momentum, double rate, double mu, double dampening, double decay, bool nesterov, bool first) =>
        Launch(Items(p.Count), Kernels.Gpu.Sgd.Step, View(p), View(g), Optional(momentum), new Kernels.Gpu.Sgd.Rates(rate, mu, dampening, decay, nesterov, first));

    internal override void Adam(AdamTensors[] all, double rate, double beta1, double beta2, double epsilon, double decay, int step, bool decoupled)
    {
        Kernels.Gpu.Adam.Rates rates = new(rate, beta1, beta2, epsilon, decay, step, decoupled);
        if (HasAddresses)
        {
            var (table, blocks) = Table(all, x => [x.P, x.G, x.M, x.V]);
            Launch(Blocks(blocks), Kernels.Gpu.Adam.StepAll, table, rates);
        }
        else
            foreach (var (p, g, m, v) in all) Launch(Items(p.Count), Kernels.Gpu.Adam.Step, View(p), View(g), View(m), View(v), rates);
    }

    internal override void SumOfSquares(Tensor[] all, Tensor sum)
    {
        if (HasAddresses)
        {
            var (table, blocks) = Table(all, x => [x]);
            var sums = Tensor.Empty([blocks], DType.F32, this, "SumOfSquares");
            Launch(Blocks(blocks), Gradients.SumOfSquares, table, View(sums));
            Reduce(default(Sum), sums, sum, blocks, 1);
            return;
        }
        var squares = Tensor.Empty([all.Length], DType.F32, this, "SumOfSquares");
        for (int i = 0; i < all.Length; i++) Reduce(default(SumOfSquares), all[i], squares.Slice(0, i, 1), all[i].Count, 1);
        Reduce(default(Sum), squares, sum, all.Length, 1);
    }

    internal override void Zero(Tensor[] all)
    {
        if (HasAddresses)
        {
            var (table, blocks) = Table(all, x => [x]);
            Launch(Blocks(blocks), Gradients.Zero, table);
        }
        else
            foreach (var x in all) Fill(x, 0);
    }

    internal override void Scale(Tensor[] all, Tensor factor)
    {
        if (HasAddresses)
        {
            var (table, blocks) = Table(all, x => [x]);
            Launch(Blocks(blocks), Gradients.Scale, table, View(factor));
        }
        else
            foreach (var x in all) Zip(default(Times), x, factor.Stretch(x.Shape), x);
    }

    readonly struct Times : IBinaryFunction
    {
        public V Apply<V>(V a, V b) where V : struct, ILane<V> => a * b;
    }

    // Whether a tensor's address can be handed to a kernel as a number. OpenCL's memory has none.
    bool HasAddresses => accelerator.AcceleratorType != AcceleratorType.OpenCL;

    KernelConfig Blocks(int blocks) => Groups(blocks, TensorTable.Block);

    // Tables as they were sent: parameters and their gradients lie where they lay, so from step to step they hardly change.
    readonly Queue<(long[] Rows, Tensor Memory)> tables = new();

    /// <summary>A <see cref="TensorTable"/> on the GPU, and how many blocks it has.</summary>
    /// <param name="lists">Up to four tensors of one size for each row.</param>
    (TensorTable Table, int Blocks) Table<X>(X[] all, Func<X, Tensor[]> lists)
    {
        const int most = 16;
        var rows = new long[all.Length * TensorTable.Row];
        long blocks = 0;
        for (int i = 0; i < all.Length; i++)
        {
            var row = rows.AsSpan(i * TensorTable.Row, TensorTable.Row);
            var tensors = lists(all[i]);
            for (int list = 0; list < tensors.Length; list++) row[list] = Address(tensors[list]);
            row[4] = tensors[0].Count;
            row[5] = blocks += (tensors[0].Count + TensorTable.Block - 1) / TensorTable.Block;
        }
        lock (tables)
        {
            var memory = tables.FirstOrDefault(sent => sent.Rows.AsSpan().SequenceEqual(rows)).Memory;
            if (memory is null)
            {
                if (tables.Count == most) tables.Dequeue();
                memory = Tensor.Empty([rows.Length * 2], DType.I32, this, "TensorTable").Keep();
                Upload(MemoryMarshal.AsBytes(rows.AsSpan()), memory);
                tables.Enqueue((rows, memory));
            }
            return (new(View<long>(memory), all.Length), checked((int)blocks));
        }

        static long Address(Tensor x)
        {
            View(x);        // its memory stays until the launch
            return ((GpuBuffer)x.Storage.Read()).Memory.NativePtr + (long)x.Offset * sizeof(float);
        }
    }
}
