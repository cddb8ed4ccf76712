using NanoAttention.Kernels;
using NanoAttention.Kernels.Cpu;

namespace NanoAttention;

public sealed unsafe partial class CpuDevice
{
    internal override void LayerNorm(Tensor x, Tensor? weight, Tensor? bias, Tensor y, Tensor mean, Tensor rstd, double epsilon)
    {
        int n = Last(x), rows = Rows(x);
        if (x.DType == DType.F32) Go<float>(); else Go<double>();

        void Go<T>() where T : unmanaged =>
            Run<LayerNorm.Forward<T>, T>(new(View<T>(x), Optional<T>(weight), Optional<T>(bias), View<T>(y), View<T>(mean), View<T>(rstd), n, epsilon), rows, 4.0 * n);
    }

    internal override void LayerNormBackward(Tensor x, Tensor? weight, Tensor mean, Tensor rstd, Tensor dy, Tensor? dx, Tensor? dweight, Tensor? dbias)
    {
        int n = Last(x), rows = Rows(x);
        if (x.DType == DType.F32) Go<float>(); else Go<double>();

        void Go<T>() where T : unmanaged
        {
            int blocks = Kernels.Cpu.LayerNorm.BlockCount(rows);
            var (dweights, dbiases) = (Sums(dweight), Sums(dbias));
            LayerNorm.Backward<T> backward = new(View<T>(x), Optional<T>(weight), View<T>(mean), View<T>(rstd), View<T>(dy),
                Optional<T>(dx), Optional<T>(dweights), Optional<T>(dbiases), rows, n);
            Run<LayerNorm.Backward<T>, T>(backward, blocks, 10.0 * n * Kernels.Cpu.LayerNorm.Block);
            Total(dweights, dweight);
            Total(dbiases, dbias);

            Tensor? Sums(Tensor? gradient) => gradient is null ? null : Tensor.Empty([blocks, n], gradient.DType, this, "LayerNorm");

            void Total(Tensor? sums, Tensor? gradient)
            {
                if (sums is not null && gradient is not null)
                    Run<Reduce.Forward<Sum, T>, T>(new(default, View<T>(sums), View<T>(gradient), blocks, n), n, blocks);
            }
        }
    }

    /// <summary>y, and each row's 1/√(mean x² + ε).</summary>
    internal void RmsNorm(Tensor x, Tensor? weight, Tensor y, Tensor rstd, double epsilon)
    {
        int n = Last(x), rows = Rows(x);
        if (x.DType == DType.F32) Go<float>(); else Go<double>();

        void Go<T>() where T : unmanaged =>
            Run<RmsNorm.Forward<T>, T>(new(View<T>(x), Optional<T>(weight), View<T>(y), View<T>(rstd), n, epsilon), rows, 3.0 * n);
    }

    internal void RmsNormBackward(Tensor x, Tensor? weight, Tensor rstd, Tensor dy, Tensor? dx, Tensor? dweight)
    {
        int n = Last(x), rows = Rows(x);
        if (x.DType == DType.F32) Go<float>(); else Go<double>();

        void Go<T>() where T : unmanaged
        {
            int blocks = Kernels.Cpu.LayerNorm.BlockCount(rows);
            var dweights = dweight is null ? null : Tensor.Empty([blocks, n], dweight.DType, this, "RmsNorm");
            RmsNorm.Backward<T> backward = new(View<T>(x), Optional<T>(weight), View<T>(rstd), View<T>(dy), Optional<T>(dx), Optional<T>(dweights), rows, n);
            Run<RmsNorm.Backward<T>, T>(backward, blocks, 8.0 * n * Kernels.Cpu.LayerNorm.Block);
            if (dweight is not null && dweights is not null)
                Run<Reduce.Forward<Sum, T>, T>(new(default, View<T>(dweights), View<T>(dweight), blocks, n), n, blocks);
        }
    }

    /// <summary>y, and of each channel the mean from its first number on, the variance and 1/√(variance + ε).</summary>
    internal void BatchNorm(Tensor x, Tensor? weight, Tensor? bias, Tensor y, Tensor mean, Tensor variance, Tensor rstd, double epsilon)
    {
        int batch = x.Shape[0], channels = x.Shape[1], places = x.Shape[2..].Count;
        if (x.DType == DType.F32) Go<float>(); else Go<double>();

        void Go<T>() where T : unmanaged => Run<BatchNorm.Forward<T>, T>(
            new(View<T>(x), Optional<T>(weight), Optional<T>(bias), View<T>(y), View<T>(mean), View<T>(variance), View<T>(rstd), batch, channels, places, epsilon),
            channels, 4.0 * batch * places);
    }

    internal void BatchNormBackward(Tensor x, Tensor? weight, Tensor mean, Tensor rstd, Tensor dy, Tensor? dx, Tensor? dweight, Tensor? dbias)
    {
        int batch = x.Shape[0], channels = x.Shape[1], places = x.Shape[2..].Count;
        if (x.DType == DType.F32) Go<float>(); else Go<double>();

        void Go<T>() where T : unmanaged => Run<BatchNorm.Backward<T>, T>(
            new(View<T>(x), Optional<T>(weight), View<T>(mean), View<T>(rstd), View<T>(dy), Optional<T>(dx), Optional<T>(dweight), Optional<T>(dbias), batch, channels, places),
            channels, 6.0 * batch * places);
    }

    internal override void CrossEntropy(Tensor logits, Tensor targets, Tensor losses, Tensor lse, int ignore, double smoothing)
    {
        int n = Last(logits), rows = Rows(logits);
        CheckIndices("CrossEntropy", targets, 0, n, ignore);
        if (logits.DType == DType.F32) Go<float>(); else Go<double>();

        void Go<T>() where T : unmanaged =>
            Run<CrossEntropy.Forward<T>, T>(new(View<T>(logits), View<int>(targets), View<T>(losses), View<T>(lse), n, ignore, smoothing), rows, 8.0 * n);
    }

    internal override void CrossEntropyBackward(Tensor logits, Tensor targets, Tensor lse, Tensor dlosses, Tensor dx, int ignore, double smoothing)
    {
        int n = Last(logits), rows = Rows(logits);
        if (logits.DType == DType.F32) Go<float>(); else Go<double>();

        void Go<T>() where T : unmanaged =>
            Run<CrossEntropy.Backward<T>, T>(new(View<T>(logits), View<int>(targets), View<T>(lse), View<T>(dlosses), View<T>(dx), n, ignore, smoothing), rows, 8.0 * n);
    }

    internal override void Gather(Tensor table, Tensor indices, Tensor y)
    {
        CheckIndices("Gather", indices, 0, table.Shape[0]);
        int n = Last(table);
        switch (y.DType.Size)
        {
            case 4: Go<int>(); break;
            case 8: Go<long>(); break;
            default: Go<byte>(); break;
        }

        void Go<T>() where T : unmanaged => Run(new Gather.Rows<T>(View<T>(table), View<int>(indices), View<T>(y), n), indices.Count, n);
    }

    internal override void ScatterAdd(Tensor dy, Tensor indices, Tensor dtable)
    {
        int n = Last(dtable), count = indices.Count, tableRows = dtable.Shape[0];
        Fill(dtable, 0);
        if (count == 0 || dtable.Count == 0) return;
        Tensor order = Tensor.Empty([count], DType.I32, this, "ScatterAdd"), starts = Tensor.Empty([tableRows + 1], DType.I32, this, "ScatterAdd"), rows = Tensor.Empty([tableRows + 1], DType.I32, this, "ScatterAdd");
        int distinct = Kernels.Cpu.Gather.Sort(View<int>(indices).Slice(0, count), tableRows, View<int>(order), View<int>(starts), View<int>(rows));
        if (dy.DType == DType.F32) Go<float>(); else Go<double>();

        void Go<T>() where T : unmanaged =>
            Run<Gather.ScatterAdd<T>, T>(new(View<T>(dy), View<int>(order), View<int>(starts), View<int>(rows), View<T>(dtable), n), distinct, (double)count / distinct * n);
    }

    internal override void AddIndex(string op, Tensor index, Tensor at, int size, int stride)
    {
        CheckIndices(op, index, -size, size);
        var layout = Layout.Of(at.Shape.Sizes, index.Stretch(at.Shape).Strides);
        Run(new Positions.Add(View<int>(index), View<int>(at), layout, size, stride), layout.Rows, layout.Inner);
    }

    internal override void LastPosition(Tensor at, Tensor last) => Run(new Positions.Last(View<int>(at), View<int>(last), at.Count), 1, at.Count);

    internal override void Recurrence(Tensor? a, Tensor b, Tensor y, int n, int inner, bool reverse)
    {
        if (y.Count == 0) return;
        if (b.DType == DType.F32) Go<float>(); else Go<double>();

        void Go<T>() where T : unmanaged =>
            Run<Scan.Linear<T>, T>(new(Optional<T>(a), View<T>(b), View<T>(y), n, inner, reverse), y.Count / n, n);
    }

    internal override void ArgSort(Tensor x, Tensor y, int n, int inner, bool descending)
    {
        if (y.Count == 0) return;
        double cost = 10.0 * n * Math.Log2(n + 1);
        if (x.DType == DType.F32) Run(new ArgSort.Forward<float>(View<float>(x), View<int>(y), n, inner, descending), y.Count / n, cost);
        else Run(new ArgSort.Forward<double>(View<double>(x), View<int>(y), n, inner, descending), y.Count / n, cost);
    }

    internal override void RunningArg(bool largest, Tensor x, Tensor y, int n, int inner)
    {
        if (y.Count == 0) return;
        double sign = largest ? 1 : -1;
        if (x.DType == DType.F32) Run(new Scan.ArgLargest<float>(sign, View<float>(x), View<int>(y), n, inner), y.Count / n, n);
        else Run(new Scan.ArgLargest<double>(sign, View<double>(x), View<int>(y), n, inner), y.Count / n, n);
    }

    // Throws where an index does not lie in low … limit − 1.
    static void CheckIndices(string op, Tensor indices, int low, int limit, int? ignore = null)
    {
        var at = View<int>(indices);
        for (int i = 0; i < indices.Count; i++)
            if ((at[i] < low || at[i] >= limit) && at[i] != ignore)
                throw new ArgumentOutOfRangeException(nameof(indices), $"{op}: index {at[i]} at position {i} of {indices.Shape} is not between {low} and {limit - 1}");
    }

    internal override void Uniform(Tensor y, double low, double high, Generator generator)
    {
        ulong position = generator.Take(y.Count);
        if (y.DType == DType.F32) Run(new RandomFill.Uniform<float>(generator.Seed, position, View<float>(y), low, high), y.Count, 20);
        else Run(new RandomFill.Uniform<double>(generator.Seed, position, View<double>(y), low, high), y.Count, 20);
    }

    internal override void Normal(Tensor y, double mean, double std, Generator generator)
    {
        ulong position = generator.TakePairs(y.Count);
        if (y.DType == DType.F32) Run(new RandomFill.Normal<float>(generator.Seed, position, View<float>(y), mean, std), y.Count, 40);
        else Run(new RandomFill.Normal<double>(generator.Seed, position, View<double>(y), mean, std), y.Count, 40);
    }

    internal override void Dropout(Tensor x, Tensor y, double p, ulong seed, ulong position)
    {
        if (x.DType == DType.F32) Run(new Dropout.Apply<float>(View<float>(x), View<float>(y), seed, position, p), x.Count, 20);
        else Run(new Dropout.Apply<double>(View<double>(x), View<double>(y), seed, position, p), x.Count, 20);
    }

    internal override void Sgd(Tensor p, Tensor g, Tensor? momentum, double rate, double mu, double dampening, double decay, bool nesterov, bool first)
    {
        if (p.DType == DType.F32) Go<float>(); else Go<double>();

        void Go<T>() where T : unmanaged =>
            Run<Sgd.Step<T>, T>(new(View<T>(p), View<T>(g), Optional<T>(momentum), rate, mu, dampening, decay, nesterov, first), p.Count, 2);
    }

    internal override void Adam(AdamTensors[] all, double rate, double beta1, double beta2, double epsilon, double decay, int step, bool decoupled)
    {
        if (all[0].P.DType == DType.F32) Go<float>(); else Go<double>();
        GC.KeepAlive(all);

        void Go<T>() where T : unmanaged
        {
            int count = 0;
            foreach (var x in all) count += Parts.Count(x.P.Count);
            var parts = GC.AllocateUninitializedArray<Adam.Part<T>>(count, pinned: true);
            int next = 0;
            foreach (var (p, g, m, v) in all)
            {
                T* ps = View<T>(p).Pointer, gs = View<T>(g).Pointer, ms = View<T>(m).Pointer, vs = View<T>(v).Pointer;
                for (int i = 0; i < p.Count; i += Parts.Length)
                    parts[next++] = new(ps + i, gs + i, ms + i, vs + i, Math.Min(Parts.Length, p.Count - i));
            }
            fixed (Adam.Part<T>* first = parts)
                Run<Adam.Step<T>, T>(new(new(first, count), rate, beta1, beta2, epsilon, decay, step, decoupled), count, 4.0 * Parts.Length);
        }
    }

    internal override void SumOfSquares(Tensor[] all, Tensor sum)
    {
        if (all[0].DType == DType.F32) Go<float>(); else Go<double>();

        void Go<T>() where T : unmanaged
        {
            var parts = Cut<T>(all);
            var sums = Tensor.Empty([parts.Length], all[0].DType, this, "SumOfSquares");
            fixed (Parts.Part<T>* first = parts) Run<Parts.SumsOfSquares<T>, T>(new(new(first, parts.Length), View<T>(sums)), parts.Length, Parts.Length);
            GC.KeepAlive(all);
            sum.Fill(sums.ToDoubles().Sum());
        }
    }

    internal override void Zero(Tensor[] all)
    {
        if (all[0].DType == DType.F32) Go<float>(); else Go<double>();

        void Go<T>() where T : unmanaged
        {
            var parts = Cut<T>(all);
            fixed (Parts.Part<T>* first = parts) Run(new Parts.Zero<T>(new(first, parts.Length)), parts.Length, Parts.Length / 4.0);
            GC.KeepAlive(all);
        }
    }

    internal override void Scale(Tensor[] all, Tensor factor)
    {
        double by = factor.Item();
        if (by == 1) return;
        if (all[0].DType == DType.F32) Go<float>(); else Go<double>();

        void Go<T>() where T : unmanaged
        {
            var parts = Cut<T>(all);
            fixed (Parts.Part<T>* first = parts) Run<Parts.Scale<T>, T>(new(new(first, parts.Length), by), parts.Length, Parts.Length);
            GC.KeepAlive(all);
        }
    }

    static Parts.Part<T>[] Cut<T>(Tensor[] all) where T : unmanaged
    {
        int count = 0, next = 0;
        foreach (var x in all) count += Parts.Count(x.Count);
        var parts = new Parts.Part<T>[count];
        foreach (var x in all)
            for (int i = 0; i < x.Count; i += Parts.Length) parts[next++] = new(View<T>(x).Pointer + i, Math.Min(Parts.Length, x.Count - i));
        return parts;
    }
}
