using NanoAttention.Tests.Python;

namespace NanoAttention.Tests.Conformance;

public sealed partial class TorchModule
{
    const string Channels = "in_channels, out_channels, kernel_size, stride=1, padding=0";
    const string Convolution = $"({Channels}, dilation=1, groups=1, bias=True, padding_mode='zeros')";
    const string Transposed = $"({Channels}, output_padding=0, groups=1, bias=True, dilation=1, padding_mode='zeros')";
    const string Batch = "(num_features, eps=1e-5, momentum=0.1, affine=True, track_running_stats=True)";
    const string Instance = "(num_features, eps=1e-5, momentum=0.1, affine=False, track_running_stats=False)";

    static (string Signature, Func<Arguments, TorchModule> Make)[] Windows =>
    [
        ($"Conv1d{Convolution}", a => Chained(new Conv1d(
            a.In(), a.Out(), a.Kernel(), a.Each("stride"), a.Padding("padding"), a.Each("dilation"), a.Int("groups"), a.Bool("bias"),
                a.Mode()))),
        ($"Conv2d{Convolution}", a => Chained(new Conv2d(
            a.In(), a.Out(), a.Kernel(), a.Each("stride"), a.Padding("padding"), a.Each("dilation"), a.Int("groups"), a.Bool("bias"),
                a.Mode()))),
        ($"Conv3d{Convolution}", a => Chained(new Conv3d(
            a.In(), a.Out(), a.Kernel(), a.Each("stride"), a.Padding("padding"), a.Each("dilation"), a.Int("groups"), a.Bool("bias"),
                a.Mode()))),
        ($"ConvTranspose1d{Transposed}", a => Sized(a, 1, new ConvTranspose1d(
            a.In(), a.Out(), a.Kernel(), a.Each("stride"), a.Padding("padding"), a.Each("output_padding"), a.Int("groups"), a.Bool("bias"),
                a.Each("dilation")))),
        ($"ConvTranspose2d{Transposed}", a => Sized(a, 2, new ConvTranspose2d(
            a.In(), a.Out(), a.Kernel(), a.Each("stride"), a.Padding("padding"), a.Each("output_padding"), a.Int("groups"), a.Bool("bias"),
                a.Each("dilation")))),
        ($"ConvTranspose3d{Transposed}", a => Sized(a, 3, new ConvTranspose3d(
            a.In(), a.Out(), a.Kernel(), a.Each("stride"), a.Padding("padding"), a.Each("output_padding"), a.Int("groups"), a.Bool("bias"),
                a.Each("dilation")))),
        ($"BatchNorm1d{Batch}", a => Chained(new BatchNorm1d(a.Int("num_features"), a.Float("eps"), a.FloatOrNone("momentum"),
            a.Bool("affine"), a.Bool("track_running_stats")))),
        ($"BatchNorm2d{Batch}", a => Chained(new BatchNorm2d(a.Int("num_features"), a.Float("eps"), a.FloatOrNone("momentum"),
            a.Bool("affine"), a.Bool("track_running_stats")))),
        ($"BatchNorm3d{Batch}", a => Chained(new BatchNorm3d(a.Int("num_features"), a.Float("eps"), a.FloatOrNone("momentum"),
            a.Bool("affine"), a.Bool("track_running_stats")))),
        ($"InstanceNorm1d{Instance}", a => Chained(new InstanceNorm1d(a.Int("num_features"), a.Float("eps"), a.Float("momentum"),
            a.Bool("affine"), a.Bool("track_running_stats")))),
        ($"InstanceNorm2d{Instance}", a => Chained(new InstanceNorm2d(a.Int("num_features"), a.Float("eps"), a.Float("momentum"),
            a.Bool("affine"), a.Bool("track_running_stats")))),
        ($"InstanceNorm3d{Instance}", a => Chained(new InstanceNorm3d(a.Int("num_features"), a.Float("eps"), a.Float("momentum"),
            a.Bool("affine"), a.Bool("track_running_stats")))),
        ("GroupNorm(num_groups, num_channels, eps=1e-5, affine=True)",
            a => Chained(new GroupNorm(a.Int("num_groups"), a.Int("num_channels"), a.Float("eps"), a.Bool("affine")))),
        .. Functions("MaxPool", "max_pool", "kernel_size, stride=None, padding=0, dilation=1, return_indices=False, ceil_mode=False"),
        .. Functions("MaxUnpool", "max_unpool", "kernel_size, stride=None, padding=0"),
        .. Functions("AvgPool", "avg_pool",
            "kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True, divisor_override=None"),
        .. Functions("LPPool", "lp_pool", "norm_type, kernel_size, stride=None, ceil_mode=False"),
        .. Functions("AdaptiveMaxPool", "adaptive_max_pool", "output_size, return_indices=False"),
        .. Functions("AdaptiveAvgPool", "adaptive_avg_pool", "output_size"),
        Function("LocalResponseNorm", "F.local_response_norm", "size, alpha=1e-4, beta=0.75, k=1.0"),
        Function("Unfold", "F.unfold", "kernel_size, dilation=1, padding=0, stride=1"),
        Function("Fold", "F.fold", "output_size, kernel_size, dilation=1, padding=0, stride=1"),
        Function("PixelShuffle", "F.pixel_shuffle", "upscale_factor"),
        Function("PixelUnshuffle", "F.pixel_unshuffle", "downscale_factor"),
        Function("Upsample", "F.interpolate",
            "size=None, scale_factor=None, mode='nearest', align_corners=None, recompute_scale_factor=None"),
    ];

    /// <summary>A transpose that is told the size to come to: what that has more than the least is padding of the output.</summary>
    static TorchModule Sized(Arguments a, int axes, ConvLayer layer) => new(layer, "forward(input, output_size=None)", call =>
    {
        if (!call.Has("output_size")) return layer.Forward(call.Input());
        var x = call.Input();
        int[] kernel = a.Sizes("kernel_size", axes), stride = a.Sizes("stride", axes), padding = a.Sizes("padding", axes), dilation = a.Sizes("dilation", axes);
        int[] least = [.. Enumerable.Range(0, axes).Select(i => (x.Shape[i - axes + x.Rank] - 1) * stride[i] - 2 * padding[i] + dilation[i] * (kernel[i] - 1) + 1)];
        int[] more = [.. call.Sizes("output_size", axes)[^axes..].Zip(least, (size, all) => size - all)];
        return x.ConvTranspose(layer.Weight, layer.Bias, a.Each("stride"), a.Padding("padding"), PerAxis.Create(more), a.Each("dilation"), a.Int("groups"));
    });

    /// <summary>A module in one, two and three dimensions without parameters of its own, and the function that it calls.</summary>
    static IEnumerable<(string, Func<Arguments, TorchModule>)> Functions(string module, string function, string parameters) =>
        Enumerable.Range(1, 3).Select(axes => Function($"{module}{axes}d", $"F.{function}{axes}d", parameters));
}

/// <summary>The arguments that all convolutions have.</summary>
static class ConvolutionArguments
{
    public static int In(this Arguments a) => a.Int("in_channels");
    public static int Out(this Arguments a) => a.Int("out_channels");
    public static PerAxis Kernel(this Arguments a) => a.Each("kernel_size");

    public static PadMode Mode(this Arguments a) => a.Text("padding_mode") switch
    {
        "reflect" => PadMode.Reflect,
        "replicate" => PadMode.Replicate,
        "circular" => PadMode.Circular,
        _ => PadMode.Constant,
    };
}
