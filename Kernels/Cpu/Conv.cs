using System.Runtime.CompilerServices;

namespace NanoAttention.Kernels.Cpu;

/// <summary>
/// Convolution as a matrix product (Chellapilla, Puri and Simard, High Performance Convolutional Neural Networks for Document Processing,
/// 2006): the kernels are the rows of a matrix, (outputs, inputs · taps), the windows the columns of another, W (inputs · taps, windows).
/// W is never laid out whole, which would take taps times the image's memory. A block of it is copied to the thread's own memory just
/// when a tile of <see cref="MatMul"/> wants it, and its gradient added back from there. So there are three products, of which each is the
/// others' derivative:
/// <code>y = weight · W (Forward),  W = weightᵀ · y, added up where it lies in the image (Transposed),  weight = y · Wᵀ (Weights)</code>
/// The copies are quick because windows beside each other are runs of neighbours in memory: the image comes with its padding, and for a
/// stride s along the last axis with every s-th number of a row beside the next (<see cref="ConvShape"/>).
/// </summary>
public static unsafe partial class Conv
{
    /// <summary>
    /// The longest part of a sum that is made at a time: two panels of it, four registers of AVX-512 wide, take 96 kB. (Shorter than a
    /// matrix product's: they were only just copied, and should still lie in the nearest caches.)
    /// </summary>
    const int MaxDepth = 384;

    /// <summary>A gap after each row of a block that is read as the left side, so that rows do not lie a power of two apart.</summary>
    const int Pad = 16;

    /// <summary>
    /// So few kernels of a group are no matrix, least of all the one kernel of each channel of a depthwise convolution: their numbers are
    /// multiplied with the image's where these lie.
    /// </summary>
    const int FewOutputs = 2;

    /// <summary>
    /// Windows beside each other, whose numbers lie beside each other too, for every tap: <paramref name="Length"/> of them, in the images
    /// from <paramref name="From"/> on, in a block from column <paramref name="At"/> on.
    /// </summary>
    readonly record struct Run(long From, int At, int Length);

    /// <summary>
    /// W for a group: row c · taps + k has number k of every window on channel c; column n · places + o is window o of image n.
    /// </summary>
    readonly struct Windows<T>(View<T> x, View<int> offsets, ConvShape shape, int group) where T : unmanaged
    {
        /// <summary>
        /// Where columns <paramref name="column"/>, …, column + count − 1 of the group's first channel lie: at most
        /// <paramref name="count"/> runs. How many.
        /// </summary>
        public int Find(int column, int count, Run* runs)
        {
            int* rows = offsets.Pointer + shape.Taps;
            int found = 0;
            for (int at = 0, length; at < count; at += length)
            {
                var (image, place) = Math.DivRem(column + at, shape.Places);
                var (row, start) = Math.DivRem(place, shape.Width);
                length = Math.Min(shape.Width - start, count - at);
                long from = ((long)image * shape.Groups + group) * shape.Inputs * shape.Plane + rows[row] + start;
                if (found > 0 && runs[found - 1] is var last && last.From + last.Length == from)
                    runs[found - 1] = last with { Length = last.Length + length };
                else runs[found++] = new(from, at, length);
            }
            return found;
        }

        /// <summary>
        /// Copies rows <paramref name="first"/>, …, first + count − 1 of the runs' columns; up to a register more is written behind each
        /// row.
        /// </summary>
        public void Pack<V>(int first, int count, Run* runs, int found, T* target, int step) where V : struct, ISimd<V, T>
        {
            var (channel, tap) = Math.DivRem(first, shape.Taps);
            for (int i = 0; i < count; i++, target += step)
            {
                T* from = x.Pointer + (long)channel * shape.Plane + offsets.Pointer[tap];
                for (int r = 0; r < found; r++) Copy<T, V>(from + runs[r].From, target + runs[r].At, runs[r].Length);
                if (++tap == shape.Taps) (channel, tap) = (channel + 1, 0);
            }
        }

        /// <summary>
        /// Adds rows of columns to the numbers they stand for, all taps of <paramref name="channels"/> channels from
        /// <paramref name="first"/> on: tap by tap, so that the neighbours of what was just written, which the next tap reads, have long
        /// arrived in the cache.
        /// </summary>
        public void Add<V>(int first, int channels, Run* runs, int found, T* source, int step) where V : struct, ISimd<V, T>
        {
            for (int tap = 0; tap < shape.Taps; tap++)
                for (int c = 0; c < channels; c++)
                {
                    T* to = x.Pointer + (long)(first + c) * shape.Plane + offsets.Pointer[tap];
                    T* row = source + (nint)(c * shape.Taps + tap) * step;
                    for (int r = 0; r < found; r++) Conv.Add<T, V>(row + runs[r].At, to + runs[r].From, runs[r].Length);
                }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Copy<T, V>(T* from, T* to, int count) where T : unmanaged where V : struct, ISimd<V, T>
    {
        int i = 0;
        for (; i <= count - V.Count; i += V.Count) MatMul.Store(MatMul.Load<T, V>(from + i), to + i);
        if (i < count) MatMul.Store(V.LoadPart(new(from, count), i, count - i, default), to + i);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Add<T, V>(T* from, T* to, int count) where T : unmanaged where V : struct, ISimd<V, T>
    {
        int i = 0;
        for (; i <= count - V.Count; i += V.Count) MatMul.Store(MatMul.Load<T, V>(to + i) + MatMul.Load<T, V>(from + i), to + i);
        int left = count - i;
        if (left > 0)
            V.StorePart(V.LoadPart(new(to, count), i, left, default) + V.LoadPart(new(from, count), i, left, default),
                new(to, count), i, left);
    }

    /// <summary>
    /// Where the same columns of y lie, (batch, channels, places), for its channel <paramref name="channel"/>: a run for each image. How
    /// many.
    /// </summary>
    static int Images(int column, int count, int places, int channels, int channel, Run* runs)
    {
        int found = 0;
        for (int at = 0, length; at < count; at += length)
        {
            var (image, place) = Math.DivRem(column + at, places);
            length = Math.Min(places - place, count - at);
            runs[found++] = new(((long)image * channels + channel) * places + place, at, length);
        }
        return found;
    }

    static int Blocks(int size, int most) => Math.Max(1, (size + most - 1) / most);
}
