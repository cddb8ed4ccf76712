using System.Runtime.CompilerServices;

namespace NanoAttention.Kernels.Cpu;

public static unsafe partial class Conv
{
    /// <summary>
    /// x = weightᵀ · y, each window's numbers added up where they lie in the image, which begins with zeros: the gradient of
    /// <see cref="Forward{T}"/> in the image, and a transposed convolution. Items own what they add to: some channels of a few images. Two
    /// panels, four registers of windows, are made for some channels at a time, so that they are added while they are in the first-level
    /// cache.
    /// </summary>
    /// <param name="weight">(groups · inputs · taps, outputs), its rows <paramref name="weightRow"/> apart.</param>
    /// <param name="channelBlocks">Into how many blocks a group's channels are cut.</param>
    public readonly struct Transposed<T>(View<T> y, View<int> offsets, View<T> weight, int weightRow, View<T> x, ConvShape shape,
        int channelBlocks) : IKernel<T> where T : unmanaged
    {
        const int PanelRows = 72;           // of windows' numbers: six tiles of AVX-512
        const int DirectColumns = 512;      // of a panel for few kernels: what a tap has written the next one reads when it has arrived

        /// <summary>Into how many blocks channels are cut so that the workers have something to share.</summary>
        public static int ChannelBlocks(ConvShape shape, int workers)
        {
            int blocks = 1;
            while (workers > 1 && Items(shape, blocks) < 4 * workers
                && shape.Depth / (2 * blocks) >= PanelRows && shape.Inputs / (2 * blocks) > 0) blocks *= 2;
            return blocks;
        }

        public static int Items(ConvShape shape, int channelBlocks) => Blocks(shape.Batch, Together(shape)) * shape.Groups * channelBlocks;

        // so many small images are an item that their windows fill whole panels; of the shape alone, as panels are the order of sums
        static int Together(ConvShape shape) => Math.Max(1, 128 / Math.Max(1, shape.Places));

        [MethodImpl(Compiled.Alone)]
        public void Run<V>(int from, int to) where V : struct, ISimd<V, T>
        {
            bool few = shape.Outputs <= FewOutputs;
            int together = Together(shape), width = few ? DirectColumns : 4 * V.Count;
            int channels = Math.Max(1, PanelRows / Math.Max(1, shape.Taps));
            T* panel = Scratch<Transposed<T>>.Take<T>((shape.Outputs + (few ? 0 : (long)channels * shape.Taps)) * width + V.Count);
            var tile = panel + (long)shape.Outputs * width + V.Count;
            for (int item = from; item < to; item++)
            {
                var (rest, block) = Math.DivRem(item, channelBlocks);
                var (chunk, group) = Math.DivRem(rest, shape.Groups);
                int first = (int)((long)shape.Inputs * block / channelBlocks);
                int end = (int)((long)shape.Inputs * (block + 1) / channelBlocks);
                int image = chunk * together, images = Math.Min(together, shape.Batch - image);
                for (int i = image; i < image + images; i++)
                {
                    var planes = x.Pointer + (((long)i * shape.Groups + group) * shape.Inputs + first) * shape.Plane;
                    new Span<T>(planes, checked((end - first) * shape.Plane)).Clear();
                }
                for (int j = 0, count = images * shape.Places; j < count; j += width)
                    Panel<V>(group, first, end, channels, image * shape.Places + j, Math.Min(width, count - j), width, panel, tile);
            }
        }

        /// <summary>
        /// Adds a panel of windows to channels <paramref name="first"/> to <paramref name="end"/> of their images, at most
        /// <paramref name="most"/> channels at a time.
        /// </summary>
        [SkipLocalsInit]
        void Panel<V>(int group, int first, int end, int most, int column, int count, int width, T* panel, T* tile)
            where V : struct, ISimd<V, T>
        {
            var windows = new Windows<T>(x, offsets, shape, group);
            int parts = Blocks(shape.Outputs, MaxDepth);
            Run* runs = stackalloc Run[width], images = stackalloc Run[width];
            int found = windows.Find(column, count, runs);
            int pieces = Images(column, count, shape.Places, shape.Groups * shape.Outputs, group * shape.Outputs, images);
            for (int m = 0; m < shape.Outputs; m++)
                for (int i = 0; i < pieces; i++)
                    Copy<T, V>(y.Pointer + images[i].From + (long)m * shape.Places,
                        panel + (nint)m * width + images[i].At, images[i].Length);
            if (shape.Outputs <= FewOutputs)
            {
                Direct<V>(group, first, end, runs, found, width, panel);
                return;
            }
            for (int c = first; c < end; c += most)
            {
                int channels = Math.Min(most, end - c);
                var left = weight.Pointer + ((long)group * shape.Inputs + c) * shape.Taps * weightRow;
                for (int part = 0, k = 0, depth; part < parts; part++, k += depth)
                {
                    depth = MatMul.Share(shape.Outputs - k, part, parts);
                    MatMul.Panel<T, V>(channels * shape.Taps, width, depth, left + k, weightRow, 1, panel + (nint)k * width, width,
                        width / 2, tile, width, part > 0 ? tile : null, width);
                }
                windows.Add<V>(c, channels, runs, found, tile, width);
            }
        }

        /// <summary>Adds the products of few kernels to the image at once.</summary>
        void Direct<V>(int group, int first, int end, Run* runs, int found, int width, T* panel) where V : struct, ISimd<V, T>
        {
            for (int tap = 0; tap < shape.Taps; tap++)
                for (int c = first; c < end; c++)
                {
                    T* plane = x.Pointer + (long)c * shape.Plane + offsets.Pointer[tap];
                    T* kernels = weight.Pointer + (((long)group * shape.Inputs + c) * shape.Taps + tap) * weightRow;
                    for (int r = 0; r < found; r++)
                    {
                        T* to = plane + runs[r].From, from = panel + runs[r].At;
                        for (int i = 0, count; i < runs[r].Length; i += count)
                        {
                            count = Math.Min(V.Count, runs[r].Length - i);
                            bool whole = count == V.Count;
                            V sum = whole ? MatMul.Load<T, V>(to + i) : V.LoadPart(new(to + i, count), 0, count, default);
                            for (int m = 0; m < shape.Outputs; m++)
                            {
                                T* row = from + (nint)m * width + i;
                                sum = V.MulAdd(V.Broadcast(kernels[m]),
                                    whole ? MatMul.Load<T, V>(row) : V.LoadPart(new(row, count), 0, count, default), sum);
                            }
                            if (whole) MatMul.Store(sum, to + i);
                            else V.StorePart(sum, new(to + i, count), 0, count);
                        }
                    }
                }
        }
    }
}
