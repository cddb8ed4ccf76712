using NanoAttention.Kernels;

namespace NanoAttention;

/// <summary>
/// How the CPU's kernels see a convolution (<see cref="Kernels.Cpu.Conv"/>): images with their padding around them and, for a stride s along the
/// last axis, every s-th number of a row beside the next, so that windows beside each other are neighbours in memory; and where windows lie.
/// </summary>
sealed class ConvPlan
{
    readonly WindowAxis[] windows;
    readonly int[] spread;          // (batch, channels, …, phases, numbers of a phase)
    readonly int phases;
    readonly bool asItIs;

    /// <param name="windows">On the image: what is convolved, or the result of a transposed convolution.</param>
    /// <param name="inputs">The image's channels.</param>
    /// <param name="outputs">How many kernels there are, of all groups.</param>
    public ConvPlan(WindowAxis[] windows, int batch, int groups, int inputs, int outputs)
    {
        this.windows = windows;
        var last = windows[^1];
        phases = last.Count > 1 ? last.Stride : 1;
        int[] sizes = Array.ConvertAll(windows, w => w.Size + w.Before + w.Reached);
        int column = (sizes[^1] + phases - 1) / phases;
        spread = [batch, inputs, .. sizes[..^1], phases, column];
        asItIs = phases == 1 && Array.TrueForAll(windows, w => w.Before + w.Reached == 0);
        Image = [batch, inputs, .. Array.ConvertAll(windows, w => w.Size)];
        Result = [batch, outputs, .. WindowAxis.Counts(windows)];
        Weight = [outputs, inputs / groups, .. WindowAxis.Kernels(windows)];

        var steps = new int[windows.Length];        // of a plane
        steps[^1] = 1;
        for (int i = windows.Length - 2, step = phases * column; i >= 0; step *= sizes[i], i--) steps[i] = step;
        var taps = Offsets(WindowAxis.Kernels(windows), (axis, k) => Tap(k * windows[axis].Dilation, steps[axis], axis == windows.Length - 1));
        var rows = Offsets(WindowAxis.Counts(windows)[..^1], (axis, o) => o * windows[axis].Stride * steps[axis]);
        Places = Tensor.From((int[])[.. taps, .. rows], [taps.Length + rows.Length], Device.Cpu);
        Shape = new(batch, groups, inputs / groups, outputs / groups, taps.Length, rows.Length, last.Count, NanoAttention.Shape.Create(spread)[2..].Count);

        int Tap(int at, int step, bool isLast) => isLast ? at % phases * column + at / phases : at * step;
    }

    public ConvShape Shape { get; }

    /// <summary>Offsets of a window's numbers, and of the first windows of each row, on a plane.</summary>
    public Tensor Places { get; }

    public Shape Image { get; }
    public Shape Result { get; }
    public Shape Weight { get; }

    // Σ offset(axis, i) for all combinations of one i of each axis, in row-major order.
    static int[] Offsets(int[] sizes, Func<int, int, int> offset)
    {
        int[] all = [0];
        for (int axis = 0; axis < sizes.Length; axis++)
        {
            var next = new int[all.Length * sizes[axis]];
            for (int i = 0; i < next.Length; i++) next[i] = all[i / sizes[axis]] + offset(axis, i % sizes[axis]);
            all = next;
        }
        return all;
    }

    /// <summary>The planes of an image, unrecorded: a copy where it must be.</summary>
    public Tensor Spread(Tensor image)
    {
        image = image.Detach();
        if (asItIs) return image.IsContiguous ? image : image.Clone();
        var planes = Tensor.Zeros(NanoAttention.Shape.Create(spread), image.DType, image.Device);
        ForPhases(image, planes, image.Device.Copy);
        return planes;
    }

    /// <summary>Planes to write to, whatever is in them.</summary>
    public Tensor Planes(Tensor like) => Tensor.Empty(NanoAttention.Shape.Create(spread), like.DType, like.Device, "Conv");

    /// <summary>The image of planes, without the padding.</summary>
    public Tensor Collect(Tensor planes)
    {
        if (asItIs) return planes.View(Image, null, planes.Offset);
        var image = Tensor.Empty(Image, planes.DType, planes.Device, "Conv");
        ForPhases(image, planes, (x, y) => planes.Device.Copy(y, x));
        return image;
    }

    // Numbers first, first + s, … of the image's rows belong beside each other.
    void ForPhases(Tensor image, Tensor planes, Action<Tensor, Tensor> copy)
    {
        int axes = windows.Length, before = windows[^1].Before;
        int[] step = image.Strides.ToArray(), row = planes.Strides.ToArray(), to = [.. row[..^2], 1];
        int start = planes.Offset;
        for (int i = 0; i < axes - 1; i++) start += windows[i].Before * row[2 + i];
        for (int first = 0; first < Math.Min(phases, Image[^1]); first++)
        {
            Shape part = Image.With(Image.Rank - 1, (Image[^1] - first + phases - 1) / phases);
            int[] from = [.. step[..^1], step[^1] * phases];
            int place = first + before;
            copy(image.View(part, from, image.Offset + first * step[^1]), planes.View(part, to, start + place % phases * row[^2] + place / phases));
        }
    }
}
