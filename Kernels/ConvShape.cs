namespace NanoAttention.Kernels;

/// <summary>
/// The sizes of a convolution: images (batch, groups · inputs, plane) with windows of <c>Taps</c> numbers of each channel, at
/// <c>Rows · Width</c> places, to (batch, groups · outputs, rows, width). Where they lie two lists of offsets say: number k of window
/// (r, i) on a channel is <c>taps[k] + rows[r] + i</c> of its plane.
/// </summary>
/// <param name="Inputs">The channels of a group of the image.</param>
/// <param name="Outputs">The kernels of a group.</param>
/// <param name="Plane">How many numbers a channel has, padding included.</param>
public readonly record struct ConvShape(int Batch, int Groups, int Inputs, int Outputs, int Taps, int Rows, int Width, int Plane)
{
    /// <summary>How many numbers a window has, of all channels of its group.</summary>
    public int Depth => Inputs * Taps;

    /// <summary>How many windows an image has.</summary>
    public int Places => Rows * Width;

    /// <summary>How many windows the batch has.</summary>
    public int Columns => Batch * Places;
}
