using NanoAttention.Tests.Python;

namespace NanoAttention.Tests.Conformance;

/// <summary>Convolutions, pooling, resampling and normalisation.</summary>
public static partial class TorchBindings
{
    static (string Signature, Func<Arguments, object?> Body)[] Convolutions =>
    [
        .. EachDimension("conv#d(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1)", _ => a => a.Input().Conv(
            a.Tensor("weight"), a.TensorOrNone("bias"), a.Each("stride"), a.Padding("padding"), a.Each("dilation"), a.Int("groups"))),
        .. EachDimension("conv_transpose#d(input, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1)",
            _ => a => a.Input().ConvTranspose(a.Tensor("weight"), a.TensorOrNone("bias"),
                a.Each("stride"), a.Padding("padding"), a.Each("output_padding"), a.Each("dilation"), a.Int("groups"))),
        ("F.unfold(input, kernel_size, dilation=1, padding=0, stride=1)",
            a => a.Input().Unfold(a.Sizes("kernel_size", 2), a.Each("stride"), a.Padding("padding"), a.Each("dilation"))),
        ("F.fold(input, output_size, kernel_size, dilation=1, padding=0, stride=1)",
            a => a.Input().Fold(a.Sizes("output_size", 2), a.Sizes("kernel_size", 2), a.Each("stride"), a.Padding("padding"),
                a.Each("dilation"))),
        ("pixel_shuffle(input, upscale_factor)", a => a.Input().PixelShuffle(a.Int("upscale_factor"))),
        ("pixel_unshuffle(input, downscale_factor)", a => a.Input().PixelUnshuffle(a.Int("downscale_factor"))),
    ];

    const string Windowed = "input, kernel_size, stride=None, padding=0";
    const string Resized = "input, size=None, scale_factor=None, mode='nearest', align_corners=None, recompute_scale_factor=None";

    static (string Signature, Func<Arguments, object?> Body)[] Pools =>
    [
        .. EachDimension($"avg_pool#d({Windowed}, ceil_mode=False, count_include_pad=True, divisor_override=None)",
            axes => a => a.Input().AvgPool(a.Sizes("kernel_size", axes), a.Each("stride"), a.Padding("padding"), default,
                a.Bool("ceil_mode"), a.Bool("count_include_pad"), a.FloatOrNone("divisor_override"))),
        .. EachDimension("lp_pool#d(input, norm_type, kernel_size, stride=None, ceil_mode=False)", axes => a => a.Input().LpPool(
            a.Float("norm_type"), a.Sizes("kernel_size", axes), a.Each("stride"), ceil: a.Bool("ceil_mode"))),
        .. EachDimension("adaptive_avg_pool#d(input, output_size)", axes => a => a.Input().AdaptiveAvgPool(a.OutputSizes(axes))),
        .. EachDimension($"max_pool#d({Windowed}, dilation=1, ceil_mode=False, return_indices=False)", MaxPool),
        .. EachDimension($"max_pool#d_with_indices({Windowed}, dilation=1, ceil_mode=False, return_indices=True)", MaxPool),
        .. EachDimension("adaptive_max_pool#d(input, output_size, return_indices=False)", axes => a =>
            Pooled(a, a.Input().AdaptiveMaxPoolWithIndices(a.OutputSizes(axes)))),
        .. EachDimension("max_unpool#d(input, indices, kernel_size, stride=None, padding=0, output_size=None)", axes => a =>
            MaxUnpool(a, axes)),
        ($"interpolate({Resized}, antialias=False)", a => Interpolate(a, a.Bool("antialias"))),
        ($"upsample({Resized})", a => Interpolate(a)),
    ];

    static (string Signature, Func<Arguments, object?> Body)[] Norms =>
    [
        ("group_norm(input, num_groups, weight=None, bias=None, eps=1e-5)",
            a => a.Input().GroupNorm(a.Int("num_groups"), a.TensorOrNone("weight"), a.TensorOrNone("bias"), a.Float("eps"))),
        ("batch_norm(input, running_mean, running_var, weight=None, bias=None, training=False, momentum=0.1, eps=1e-5)",
            a => Normalised(a, a.Bool("training"), (x, weight, bias, eps) => x.BatchNorm(weight, bias, epsilon: eps))),
        ("instance_norm(input, running_mean=None, running_var=None, weight=None, bias=None, use_input_stats=True, momentum=0.1, eps=1e-5)",
            a => Normalised(a, a.Bool("use_input_stats"), (x, weight, bias, eps) => x.InstanceNorm(weight, bias, eps))),
        ("local_response_norm(input, size, alpha=1e-4, beta=0.75, k=1.0)", a =>
            a.Input().LocalResponseNorm(a.Int("size"), a.Float("alpha"), a.Float("beta"), a.Float("k"))),
        ("ref.rms_norm(x, weight, eps=1e-6)", a => a.Tensor("x").RmsNorm(a.Tensor("weight"), a.Float("eps"))),
    ];

    /// <summary>A function in one, two and three dimensions, written where the # is.</summary>
    static IEnumerable<(string, Func<Arguments, object?>)> EachDimension(string signature, Func<int, Func<Arguments, object?>> body) =>
        Enumerable.Range(1, 3).Select(axes => (signature.Replace("#", $"{axes}"), body(axes)));

    /// <summary>A number for each axis, or one for all; none where the argument is None.</summary>
    public static PerAxis Each(this Arguments a, string name) => a.IntsOrNone(name) switch
    {
        null => default,
        [var all] => all,
        var each => PerAxis.Create(each),
    };

    /// <summary>'same', 'valid', or numbers.</summary>
    public static WindowPadding Padding(this Arguments a, string name) => a[name] switch
    {
        "same" => WindowPadding.Same,
        "valid" => 0,
        _ => WindowPadding.Between(a.Each(name), a.Each(name)),
    };

    /// <summary>A size for each of so many axes.</summary>
    public static int[] Sizes(this Arguments a, string name, int axes) =>
        a.Ints(name) is [var all] ? [.. Enumerable.Repeat(all, axes)] : a.Ints(name);

    /// <summary>The sizes to pool to; None keeps an axis.</summary>
    static int[] OutputSizes(this Arguments a, int axes) => a["output_size"] is IReadOnlyList<object?> sizes
        ? [.. sizes.Select((size, i) => size is null ? a.Input().Shape[i - axes + a.Input().Rank] : (int)(long)size)]
        : a.Sizes("output_size", axes);

    static Func<Arguments, object?> MaxPool(int axes) => a => Pooled(a, a.Input().MaxPoolWithIndices(
        a.Sizes("kernel_size", axes), a.Each("stride"), a.Padding("padding"), a.Each("dilation"), a.Bool("ceil_mode")));

    static object? Pooled(Arguments a, (Tensor Values, Tensor Indices) pooled) =>
        a.Bool("return_indices") ? (object?[])[pooled.Values, pooled.Indices] : pooled.Values;

    /// <summary>To the sizes given, whose last count, or those that pooling without a remainder would have come from.</summary>
    static Tensor MaxUnpool(Arguments a, int axes)
    {
        var x = a.Input();
        int[] kernel = a.Sizes("kernel_size", axes), padding = a.Sizes("padding", axes);
        int[] stride = a.Has("stride") ? a.Sizes("stride", axes) : kernel;
        int[] sizes = a.IntsOrNone("output_size") is { } given ? given[^axes..]
            : [.. Enumerable.Range(0, axes).Select(i => (x.Shape[x.Rank - axes + i] - 1) * stride[i] - 2 * padding[i] + kernel[i])];
        return x.MaxUnpool(a.Tensor("indices"), sizes);
    }

    static Tensor Interpolate(Arguments a, bool antialias = false)
    {
        var x = a.Input();
        int axes = x.Rank - 2;
        double[]? scales = a["scale_factor"] switch
        {
            null => null,
            IReadOnlyList<object?> each => [.. each.Select(System.Convert.ToDouble)],
            _ => [.. Enumerable.Repeat(a.Float("scale_factor"), axes)],
        };
        int[] sizes = scales is null ? a.Sizes("size", axes) : [.. scales.Select((s, i) => (int)Math.Floor(x.Shape[i + 2] * s))];
        if (a["mode"] is "area") return x.AdaptiveAvgPool(sizes);
        var mode = a["mode"] switch
        {
            "nearest" => Interpolation.Nearest,
            "nearest-exact" => Interpolation.NearestExact,
            "linear" or "bilinear" or "trilinear" => Interpolation.Linear,
            "bicubic" => Interpolation.Cubic,
            var other => throw new NotSupportedByEngineException($"interpolate with mode {other}"),
        };
        return x.Interpolate(sizes, mode, a["align_corners"] is true, a["recompute_scale_factor"] is true ? null : scales, antialias);
    }

    /// <summary>Normalised by the mean and variance of x itself, or by those given.</summary>
    static Tensor Normalised(Arguments a, bool own, Func<Tensor, Tensor?, Tensor?, double, Tensor> normalise)
    {
        var (x, weight, bias, eps) = (a.Input(), a.TensorOrNone("weight"), a.TensorOrNone("bias"), a.Float("eps"));
        return own ? normalise(x, weight, bias, eps) : x.BatchNorm(weight, bias, (a.Tensor("running_mean"), a.Tensor("running_var")), eps);
    }
}
