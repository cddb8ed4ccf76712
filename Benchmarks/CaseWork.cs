namespace NanoAttention.Benchmarks;

/// <summary>An op or a layer at the bench shapes of one of its cases: forward alone, unrecorded, or forward and backward.</summary>
public sealed record CaseWork(Case Case, bool Backward, Device Device) : Work($"{Case.Group}: {Title(Case)}{(Backward ? ", forward and backward" : "")}", Device)
{
    /// <summary>What is computed, without the lambda around it, and on what.</summary>
    public static string Title(Case example) => $"{Label(example)} on {string.Join(", ", example.Timed!.Inputs)}";

    /// <summary>What is computed, without the lambda around it.</summary>
    public static string Label(Case example)
    {
        string name = example.Timed!.Name;
        return name[(name.IndexOf("=>", StringComparison.Ordinal) is var arrow and >= 0 ? arrow + 2 : 0)..].Trim();
    }

    /// <summary>Every case with bench shapes, on every device; backward too, where the result has a gradient.</summary>
    public static IEnumerable<CaseWork> On(IEnumerable<Device> devices)
    {
        Case[] examples = [.. new[] { typeof(Tensor), typeof(Linear) }.SelectMany(type => Case.In(type.Assembly)).Select(found => found.Case).Where(c => c.Timed is not null)];
        return
            from device in devices
            from example in examples
            from backward in (bool[])(HasGradient(example) ? [false, true] : [false])
            select new CaseWork(example, backward, device);
    }

    public override Action Prepare()
    {
        Defaults.Device = Device;
        Defaults.Seed = 1;
        var (parameters, apply) = Case.Timed!.Prepare();
        Tensor[] inputs = [.. Case.Timed.Inputs.Select(input => input.Sample().Keep())];
        if (!Backward) return Forward;
        Tensor[] leaves = [.. parameters, .. inputs.Where(x => x.RequiresGrad)];
        var cotangent = Tensor.Normal(apply(inputs).Shape);
        return ForwardAndBackward;

        void Forward()
        {
            using var step = Scope.Begin();
            using var unrecorded = Reverse.NoGrad();
            apply(inputs);
            Device.Synchronize();
        }

        void ForwardAndBackward()
        {
            using var step = Scope.Begin();
            Reverse.Gradients(apply(inputs), leaves, cotangent);
            Device.Synchronize();
        }
    }

    static bool HasGradient(Case example)
    {
        using var step = Scope.Begin();
        using var defaults = Defaults.With(seed: 1);
        return example.Prepare().Apply([.. example.Inputs.Select(input => input.Sample())]).RequiresGrad;
    }
}
