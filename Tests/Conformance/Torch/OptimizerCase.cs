using NanoAttention.Tests.Python;

namespace NanoAttention.Tests.Conformance;

/// <summary>
/// Steps of an optimiser on loss = mean((tanh(x W₁ᵀ + b₁) W₂ᵀ + b₂ − y)²), or on gradients that are given: parameters after each
/// step, gradients, their norm, the loss and the rate.
/// </summary>
public sealed class OptimizerCase(TorchCase vector, IReadOnlyDictionary<string, Tensor> file)
{
    static readonly string[] names = ["w1", "b1", "w2", "b2"];

    readonly Dictionary<string, Tensor> parameters = names.ToDictionary(n => n, n => file[$"{vector.Name}/t/init/{n}"].Clone().RequireGrad());
    readonly bool given = vector.Text("model")!.StartsWith("gradients are GIVEN", StringComparison.Ordinal);

    public void Check()
    {
        var optimizer = TorchOptimizers.Create(vector, parameters);
        var rates = Read("lr");
        int steps = rates.Shape[0];
        var schedule = TorchSchedules.Create(vector, optimizer.Rate);
        for (int step = 0; step < steps; step++)
        {
            optimizer.Rate = schedule?.Rate(step) ?? rates[step, 0].Item();
            if (schedule?.Momentum is { } momentum) optimizer.Momentum = momentum(step);
            Close.Check($"lr at step {step}", [optimizer.Rate], [rates[step, 0].Item()], vector.Relative, vector.Absolute);
            optimizer.ZeroGrad();
            Differentiate(step);
            if (vector.Value("clip_grad_norm") is { } max) CheckPart("gradnorm", step, [GradientClipping.Norm(optimizer.Parameters, Convert.ToDouble(max)).Item()]);
            if (vector.Value("clip_grad_value") is { } bound) GradientClipping.Value(optimizer.Parameters, Convert.ToDouble(bound));
            optimizer.Step();
            foreach (string name in names) CheckPart($"after/{name}", step, parameters[name].ToDoubles());
        }
    }

    void Differentiate(int step)
    {
        if (given)
        {
            foreach (string name in names) parameters[name].Grad = Read($"grad/{name}")[step].Clone();
            return;
        }
        Tensor x = Read("x"), y = Read("y");
        var loss = Loss.MeanSquared(x.Linear(parameters["w1"], parameters["b1"]).Tanh().Linear(parameters["w2"], parameters["b2"]), y);
        CheckPart("loss", step, [loss.Item()]);
        loss.Backward();
        foreach (string name in names) CheckPart($"grad/{name}", step, parameters[name].Grad!.ToDoubles());
    }

    void CheckPart(string name, int step, double[] actual) =>
        Close.Check($"{name} at step {step}", actual, Read(name)[step].ToDoubles(), vector.Relative, vector.Absolute);

    Tensor Read(string name) => file[$"{vector.Name}/t/{name}"];
}
