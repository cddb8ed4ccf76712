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
        if (dweight is not null || dbias is not null)
            Launch(Items(n), Kernels.Gpu.LayerNorm.BackwardParameters, View(x), View(mean), View(rstd), View(dy), Optional(dweight), Optional(dbias), rows, n);
    }

    internal override void CrossEntropy(Tensor logits, Tensor targets, Tensor losses, Tensor lse, int ignore, double smoothing) =>
        Launch(Groups(Rows(logits), Last(logits)), Kernels.Gpu.CrossEntropy.Forward, View(logits), View<int>(targets), View(losses), View(lse), Last(logits), ignore, (float)smoothing);

    internal override void CrossEntropyBackward(Tensor logits, Tensor targets, Tensor lse, Tensor dlosses, Tensor dx, int ignore, double smoothing) =>
        Launch(Items(dx.Count), Kernels.Gpu.CrossEntropy.Backward, View(logits), View<int>(targets), View(lse), View(dlosses), View(dx), Last(logits), ignore, (float)smoothing);

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
        var order = Tensor.Empty(indices.Shape, DType.I32, this, "ScatterAdd");
        Launch(Items(indices.Count), Kernels.Gpu.Gather.Sort, View<int>(indices), View<int>(order));
        Launch(Groups(indices.Count, Last(dtable)), Kernels.Gpu.Gather.ScatterAdd, View(dy), View<int>(indices), View<int>(order), View(dtable), Last(dtable));
    }

    internal override void Uniform(Tensor y, double low, double high, Generator generator) =>
        Launch(Items(y.Count), Kernels.Gpu.RandomFill.Uniform, generator.Seed, generator.Take(y.Count), View(y), low, high);

    internal override void Normal(Tensor y, double mean, double std, Generator generator) =>
        Launch(Items(y.Count), Kernels.Gpu.RandomFill.Normal, generator.Seed, generator.TakePairs(y.Count), View(y), mean, std);

    internal override void Dropout(Tensor x, Tensor y, double p, ulong seed, ulong position) =>
        Launch(Items((y.Count + 7) / 4), Kernels.Gpu.Dropout.Apply, View(x), View(y), seed, position, (int)Math.Ceiling(p * (1 << 24)), (float)(1 / (1 - p)));

    internal override void Sgd(Tensor p, Tensor g, Tensor? momentum, double rate, double mu, double dampening, double decay, bool nesterov, bool first) =>
        Launch(Items(p.Count), Kernels.Gpu.Sgd.Step, View(p), View(g), Optional(momentum), new Kernels.Gpu.Sgd.Rates(rate, mu, dampening, decay, nesterov, first));

    internal override void Adam(AdamTensors[] all, double rate, double beta1, double beta2, double epsilon, double decay, int step, bool decoupled)
    {
        foreach (var (p, g, m, v) in all)
            Launch(Items(p.Count), Kernels.Gpu.Adam.Step, View(p), View(g), View(m), View(v), new Kernels.Gpu.Adam.Rates(rate, beta1, beta2, epsilon, decay, step, decoupled));
    }
    // one number of each is read back, all at once
    internal override double SumOfSquares(Tensor[] all)
    {
        var squares = Tensor.Empty([all.Length], DType.F32, this, "SumOfSquares");
        for (int i = 0; i < all.Length; i++) Reduce(default(SumOfSquares), all[i], squares.Slice(0, i, 1), all[i].Count, 1);
        return squares.ToDoubles().Sum();
    }

    internal override void Scale(Tensor[] all, double factor)
    {
        foreach (var x in all) Map(new Scaling(factor), x, x);
    }

    readonly struct Scaling(double c) : IUnary
    {
        public V Apply<V>(V x) where V : struct, ILane<V> => x * V.Of(c);
        public V Slope<V>(V x, V y) where V : struct, ILane<V> => V.Of(c);
    }
}
