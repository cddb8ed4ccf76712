using ILGPU;
using NanoAttention.Kernels;
using NanoAttention.Kernels.Gpu;

namespace NanoAttention;

public sealed partial class GpuDevice
{
    internal override void LayerNorm(Tensor x, Tensor? weight, Tensor? bias, Tensor y, Tensor mean, Tensor rstd, double epsilon) =>
        Launch(Groups(Rows(x), Last(x)), Kernels.Gpu.LayerNorm.Forward, View(x), Optional(weight), Optional(bias), View(y), View(mean), View(rstd), Last(x), (float)epsilon);

    internal override void LayerNormBackward(Tensor x, Tensor? weight, Tensor mean, Tensor rstd, Tensor dy, Tensor? dx, Tensor? dweight, Tensor? dbias)
    {
        int n = Last(x), rows = Rows(x);
        if (dx is not null)
            Launch(Groups(rows, n), Kernels.Gpu.LayerNorm.Backward, View(x), Optional(weight), View(mean), View(rstd), View(dy), View(dx), n);
        if (dweight is null && dbias is null) return;
        int blocks = (rows + Kernels.Gpu.LayerNorm.Block - 1) / Kernels.Gpu.LayerNorm.Block;
        Tensor? weights = Sums(dweight), biases = Sums(dbias);
        Launch(Items(blocks * n), Kernels.Gpu.LayerNorm.BackwardParameters, View(x), View(mean), View(rstd), View(dy), Optional(weights), Optional(biases), rows, n);
        if (weights is not null) Reduce(default(Sum), weights, dweight!, blocks, n);
        if (biases is not null) Reduce(default(Sum), biases, dbias!, blocks, n);

        Tensor? Sums(Tensor? gradient) => gradient is null ? null : Tensor.Empty([blocks, n], DType.F32, this, "LayerNorm");
    }

    internal override void CrossEntropy(Tensor logits, Tensor targets, Tensor losses, Tensor lse, int ignore, double smoothing) =>
        Launch(Groups(Rows(logits), Last(logits)), Kernels.Gpu.CrossEntropy.Forward, View(logits), View<int>(targets), View(losses), View(lse), Last(logits), ignore, (float)smoothing);

    internal override void CrossEntropyBackward(Tensor logits, Tensor targets, Tensor lse, Tensor dlosses, Tensor dx, int ignore, double smoothing) =>
        Launch(Groups(Rows(logits), Last(logits)), Kernels.Gpu.CrossEntropy.Backward, View(logits), View<int>(targets), View(lse), View(dlosses), View(dx), Last(logits), ignore, (float)smoothing);

    internal override void Gather(Tensor table, Tensor indices, Tensor y)
    {
        if (y.DType == DType.Bool) Launch(Items(y.Count), Kernels.Gpu.Gather.Rows, View<byte>(table), View<int>(indices), View<byte>(y), Last(table), (byte)0);
        else Launch(Items(y.Count), Kernels.Gpu.Gather.Rows, View<int>(table), View<int>(indices), View<int>(y), Last(table), y.DType == DType.F32 ? BitConverter.SingleToInt32Bits(float.NaN) : int.MinValue);
    }

    internal override void AddIndex(string op, Tensor index, Tensor at, int size, int stride) =>
        Launch(Items(at.Count), Kernels.Gpu.Positions.Add, View<int>(index), View<int>(at), new Steps(Layout.Of(at.Shape.Sizes, index.Stretch(at.Shape).Strides)), size, stride);

    internal override void LastPosition(Tensor at, Tensor last) => Launch(Items(at.Count), Kernels.Gpu.Positions.Last, View<int>(at), View<int>(last));

    internal override void Recurrence(Tensor? a, Tensor b, Tensor y, int n, int inner, bool reverse) =>
        Launch(Items(y.Count / Math.Max(1, n)), Kernels.Gpu.Scan.Linear, Optional(a), View(b), View(y), n, inner, reverse ? 1 : 0);

    internal override void ArgSort(Tensor x, Tensor y, int n, int inner, bool descending) =>
        Launch(Items(y.Count), Kernels.Gpu.ArgSort.Forward, View(x), View<int>(y), n, inner, descending ? 1 : 0);

    internal override void RunningArg(bool largest, Tensor x, Tensor y, int n, int inner) =>
        Launch(Items(y.Count / Math.Max(1, n)), Kernels.Gpu.Scan.ArgLargest, largest ? 1f : -1f, View(x), View<int>(y), n, inner);

    internal override void ScatterAdd(Tensor dy, Tensor indices, Tensor dtable)
    {
        Fill(dtable, 0);
        if (dtable.Count == 0) return;
        int n = Last(dtable), count = indices.Count;
        var order = Sorted(indices, dtable.Count / n);
        var sums = Tensor.Empty([(count + Kernels.Gpu.Gather.Segment - 1) / Kernels.Gpu.Gather.Segment, n], DType.F32, this, "ScatterAdd");
        Launch(Items(sums.Count), Kernels.Gpu.Gather.Continued, View(dy), View<int>(indices), View<int>(order), View(sums), n);
        Launch(Items(count * n), Kernels.Gpu.Gather.ScatterAdd, View(dy), View<int>(indices), View<int>(order), View(sums), View(dtable), n);
    }

    // the positions of indices below rows, the smallest index first
    Tensor Sorted(Tensor indices, int rows)
    {
        int chunk = RadixSort.Chunk(indices.Count), chunks = (indices.Count + chunk - 1) / chunk;
        Tensor? order = null;
        for (int pass = 0; pass < RadixSort.Passes(rows); pass++)
        {
            Tensor counts = Tensor.Empty([RadixSort.Digits, chunks], DType.I32, this, "Sort"), to = Tensor.Empty([indices.Count], DType.I32, this, "Sort");
            Fill(counts, 0);
            Launch(Items(chunks), RadixSort.Count, View<int>(indices), OptionalInts(order), View<int>(counts), rows, pass);
            Launch(new KernelConfig(1, Groups(1, counts.Count).GroupDim.X), RadixSort.Sum, View<int>(counts));
            Launch(Items(chunks), RadixSort.Place, View<int>(indices), OptionalInts(order), View<int>(counts), View<int>(to), rows, pass);
            order = to;
        }
        return order!;

        ArrayView<int> OptionalInts(Tensor? x) => x is null ? nothing.Bytes.SubView(0, 0).Cast<int>() : View<int>(x);
    }

    internal override void Uniform(Tensor y, double low, double high, Generator generator) =>
        Launch(Items(y.Count), Kernels.Gpu.RandomFill.Uniform, generator.Seed, generator.Take(y.Count), View(y), low, high);

    internal override void Normal(Tensor y, double mean, double std, Generator generator) =>
        Launch(Items(y.Count), Kernels.Gpu.RandomFill.Normal, generator.Seed, generator.TakePairs(y.Count), View(y), mean, std);

    internal override void Dropout(Tensor x, Tensor y, double p, ulong seed, ulong position) =>
        Launch(Items((y.Count + 7) / 4), Kernels.Gpu.Dropout.Apply, View(x), View(y), seed, position, (int)Math.Ceiling(p * (1 << 24)),
            (float)(1 / (1 - p)), position % 4 == 0 ? Quads(x, y) : 0);
}
