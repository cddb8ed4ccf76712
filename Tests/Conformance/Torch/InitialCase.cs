namespace NanoAttention.Tests.Conformance;

/// <summary>
/// How weights are filled at first. PyTorch's random numbers are its own: what is compared is their distribution, a "bound" that uniform
/// numbers come near to, or the deviation "std", each a property or a tensor of the case; "shape", "gain", "mode" and "a" (the slope of
/// a leaky relu) are properties of the case or keywords.
/// </summary>
public static class InitialCase
{
    const int Enough = 200_000;

    public static void Check(TorchCase vector, IReadOnlyDictionary<string, Tensor> file)
    {
        var keywords = vector.Members("kwargs");
        if ((Value("shape") ?? Value("size")) is not List<object?> sizes) throw new NotSupportedByEngineException($"{vector.Op} without a shape");
        Shape shape = Shape.Create([.. sizes.Select(n => (int)(long)n!)]);
        double? bound = Number("bound"), deviation = Number("std");
        if (bound is null && deviation is null) throw new NotSupportedByEngineException($"{vector.Op} without bound or std");
        Fill fill = Filler(vector.Op.TrimEnd('_'));
        List<double> numbers = [];
        while (numbers.Count < Enough) numbers.AddRange(fill(Tensor.Zeros(shape)).ToDoubles());
        if (bound is { } most) Close.Check("bound", [numbers.Max(Math.Abs)], [most], 1e-3, 0);
        if (deviation is { } std) Close.Check("std", [Math.Sqrt(numbers.Average(x => x * x))], [std], 1e-2, 0);

        object? Value(string name) => keywords.GetValueOrDefault(name) ?? vector.Value(name);

        double? Number(string name) => Value(name) is { } value ? Convert.ToDouble(value)
            : file.TryGetValue($"{vector.Name}/t/{name}", out var stored) ? stored.Item() : null;

        // √(2/(1 + a²)) for relu and its leaky kin
        double Gain() => Number("gain") ?? (Value("nonlinearity") is "relu" ? Math.Sqrt(2) : Math.Sqrt(2 / (1 + Math.Pow(Number("a") ?? 0, 2))));

        Fill Filler(string name) => name switch
        {
            "xavier_uniform" => w => Initialise.XavierUniform(w, Number("gain") ?? 1),
            "xavier_normal" => w => Initialise.XavierNormal(w, Number("gain") ?? 1),
            "kaiming_uniform" => w => Initialise.KaimingUniform(w, Gain(), Value("mode") is "fan_out"),
            "kaiming_normal" => w => Initialise.KaimingNormal(w, Gain(), Value("mode") is "fan_out"),
            "Linear" or "Conv1d" or "Conv2d" or "Conv3d" => w => Initialise.UniformFan(w, w.Shape[1..].Count),
            "Embedding" => w => Initialise.Normal(w),
            _ => throw new NotSupportedByEngineException(vector.Op),
        };
    }

    delegate Tensor Fill(Tensor w);
}
