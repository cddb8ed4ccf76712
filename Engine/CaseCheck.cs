using System.Diagnostics;

namespace NanoAttention;

/// <summary>A case with numbers in it, the same ones in every precision and on every device: they are drawn in F32.</summary>
public sealed class CaseSample
{
    readonly DType type;
    readonly Device device;
    readonly ulong seed;
    readonly Func<Tensor[], Tensor> apply;

    CaseSample(DType type, Device device, ulong seed, Tensor[] inputs, Tensor[] parameters, Func<Tensor[], Tensor> apply) =>
        (this.type, this.device, this.seed, Inputs, Parameters, this.apply) = (type, device, seed, inputs, parameters, apply);

    public Tensor[] Inputs { get; }

    /// <summary>A layer's parameters, moved away from their initial values, some of which (zeros, ones) hide errors.</summary>
    public Tensor[] Parameters { get; }

    /// <summary>What gradients are wanted for.</summary>
    public Tensor[] Leaves => [.. Inputs.Where(x => x.DType.IsFloat), .. Parameters];

    /// <summary>A name for each of <see cref="Leaves"/>.</summary>
    public string[] Names =>
        [.. Inputs.Index().Where(x => x.Item.DType.IsFloat).Select(x => $"input {x.Index}"), .. Parameters.Select((p, i) => $"parameter {i} {p.Shape}")];

    /// <summary>The function of the inputs, or of others like them; its random numbers are the same every time.</summary>
    public Tensor Apply(params Tensor[] inputs)
    {
        using (Defaults.With(type, device, seed)) return apply(inputs.Length == 0 ? Inputs : inputs);
    }

    /// <param name="example">The case.</param>
    /// <param name="type">F32 or F64.</param>
    /// <param name="device">The CPU unless said.</param>
    /// <param name="magnitude">What inputs on both sides of 0 are multiplied by.</param>
    /// <param name="seed">Of the numbers.</param>
    public static CaseSample Draw(Case example, DType type, Device? device = null, double magnitude = 1, ulong seed = 1)
    {
        device ??= Device.Cpu;
        Tensor[] numbers, moved;
        using (Reverse.NoGrad())
        using (Defaults.With(DType.F32, Device.Cpu, seed))
        {
            numbers = [.. example.Inputs.Select(x => x is { Low: < 0, High: > 0, Type: null } ? x.Sample() * magnitude : x.Sample())];
            moved = [.. example.Prepare().Parameters.Select(p => p + 0.2 * Tensor.Normal(p.Shape))];
        }
        using (Defaults.With(type, device, seed))
        {
            var (parameters, apply) = example.Prepare();
            for (int i = 0; i < parameters.Length; i++) parameters[i].CopyFrom(Converted(moved[i]));
            Tensor[] inputs = [.. numbers.Select(x => x.DType.IsFloat ? Converted(x).RequireGrad() : x.To(device))];
            return new(type, device, seed, inputs, parameters, apply);
        }

        Tensor Converted(Tensor x) => x.Detach().Clone().To(type).To(device);
    }
}

/// <summary>One line of the table of gradient checks.</summary>
/// <param name="Name">The op or layer, as its case writes it.</param>
/// <param name="Shapes">The shapes of its inputs.</param>
/// <param name="Worst">The largest error of all its slopes, first and second order, in units of the bound; at most 1 where it passed.</param>
/// <param name="Failure">The report of the check that failed, or null.</param>
/// <param name="Time">How long it took.</param>
public sealed record CaseRow(string Name, string Shapes, double Worst, string? Failure, TimeSpan Time)
{
    public bool Passed => Failure is null;
}

/// <summary>Gradient-checks cases, in F64 on the CPU.</summary>
public static class CaseCheck
{
    /// <summary>First derivatives with respect to inputs and parameters, and second derivatives, by <see cref="GradCheck"/>.</summary>
    public static CaseRow Run(Case example, double magnitude = 1)
    {
        var watch = Stopwatch.StartNew();
        var sample = CaseSample.Draw(example, DType.F64, magnitude: magnitude);
        var (leaves, names) = (sample.Leaves, sample.Names);
        var first = GradCheck.Run(() => sample.Apply(), leaves, names, coordinates: 200);
        var second = GradCheck.Second(() => sample.Apply(), leaves, names, coordinates: 40);
        string? failure = !first.Passed ? first.ToString() : second.Passed ? null : second.ToString();
        return new(example.Name, string.Join(", ", example.Inputs), Math.Max(first.WorstRatio, second.WorstRatio), failure, watch.Elapsed);
    }
}
