using NanoAttention.Tests.Python;

namespace NanoAttention.Tests.Conformance;

public sealed partial class TorchModule
{
    const string Convolution = "(in_channels, out_channels, kernel_size, stride=1, padding=0, dilation=1, groups=1, bias=True, padding_mode='zeros')";
    const string Transposed = "(in_channels, out_channels, kernel_size, stride=1, padding=0, output_padding=0, groups=1, bias=True, dilation=1, padding_mode='zeros')";
    const string Batch = "(num_features, eps=1e-5, momentum=0.1, affine=True, track_running_stats=True)";
    const string Instance = "(num_features, eps=1e-5, momentum=0.1, affine=False, track_running_stats=False)";

    static (string Signature, Func<Arguments, TorchModule> Make)[] Windows =>
    [
        ($"Conv1d{Convolution}", a => Chained(new Conv1d(a.In(), a.Out(), a.Kernel(), a.Each("stride"), a.Padding("padding"), a.Each("dilation"), a.Int("groups"), a.Bool("bias")))),
        ($"Conv2d{Convolution}", a => Chained(new Conv2d(a.In(), a.Out(), a.Kernel(), a.Each("stride"), a.Padding("padding"), a.Each("dilation"), a.Int("groups"), a.Bool("bias")))),
        ($"Conv3d{Convolution}", a => Chained(new Conv3d(a.In(), a.Out(), a.Kernel(), a.Each("stride"), a.Padding("padding"), a.Each("dilation"), a.Int("groups"), a.Bool("bias")))),
        ($"ConvTranspose1d{Transposed}", a => Chained(new ConvTranspose1d(
            a.In(), a.Out(), a.Kernel(), a.Each("stride"), a.Padding("padding"), a.Each("output_padding"), a.Int("groups"), a.Bool("bias"), a.Each("dilation")))),
        ($"ConvTranspose2d{Transposed}", a => Chained(new ConvTranspose2d(
            a.In(), a.Out(), a.Kernel(), a.Each("stride"), a.Padding("padding"), a.Each("output_padding"), a.Int("groups"), a.Bool("bias"), a.Each("dilation")))),
        ($"ConvTranspose3d{Transposed}", a => Chained(new ConvTranspose3d(
            a.In(), a.Out(), a.Kernel(), a.Each("stride"), a.Padding("padding"), a.Each("output_padding"), a.Int("groups"), a.Bool("bias"), a.Each("dilation")))),
        ($"BatchNorm1d{Batch}", a => Chained(new BatchNorm1d(a.Int("num_features"), a.Float("eps"), a.FloatOrNone("momentum"), a.Bool("affine"), a.Bool("track_running_stats")))),
        ($"BatchNorm2d{Batch}", a => Chained(new BatchNorm2d(a.Int("num_features"), a.Float("eps"), a.FloatOrNone("momentum"), a.Bool("affine"), a.Bool("track_running_stats")))),
        ($"BatchNorm3d{Batch}", a => Chained(new BatchNorm3d(a.Int("num_features"), a.Float("eps"), a.FloatOrNone("momentum"), a.Bool("affine"), a.Bool("track_running_stats")))),
        ($"InstanceNorm1d{Instance}", a => Chained(new InstanceNorm1d(a.Int("num_features"), a.Float("eps"), a.Float("momentum"), a.Bool("affine"), a.Bool("track_running_stats")))),
        ($"InstanceNorm2d{Instance}", a => Chained(new InstanceNorm2d(a.Int("num_features"), a.Float("eps"), a.Float("momentum"), a.Bool("affine"), a.Bool("track_running_stats")))),
        ($"InstanceNorm3d{Instance}", a => Chained(new InstanceNorm3d(a.Int("num_features"), a.Float("eps"), a.Float("momentum"), a.Bool("affine"), a.Bool("track_running_stats")))),
        ("GroupNorm(num_groups, num_channels, eps=1e-5, affine=True)",
            a => Chained(new GroupNorm(a.Int("num_groups"), a.Int("num_channels"), a.Float("eps"), a.Bool("affine")))),
    ];
}

/// <summary>The arguments that all convolutions have.</summary>
static class ConvolutionArguments
{
    public static int In(this Arguments a) => a.Int("in_channels");
    public static int Out(this Arguments a) => a.Int("out_channels");
    public static PerAxis Kernel(this Arguments a) => a.Text("padding_mode") == "zeros" ? a.Each("kernel_size") : throw new NotSupportedByEngineException($"padding_mode '{a.Text("padding_mode")}'");
}
