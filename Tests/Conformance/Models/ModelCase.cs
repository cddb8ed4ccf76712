using System.Text.Json;

namespace NanoAttention.Tests.Conformance;

/// <summary>
/// A whole model of conformance/models with PyTorch's weights: what it computes on batch 0, its loss, every gradient, and ten steps of
/// its optimiser. In F64 to 1e-9; in F32 to 1e-4 of the largest number of a tensor (or 1e-6).
/// </summary>
public abstract class ModelCase
{
    readonly DType dtype;
    readonly IReadOnlyDictionary<string, Tensor> gradients;

    protected ModelCase(string folder, DType dtype)
    {
        this.dtype = dtype;
        Json = Vectors.Json(Path.Combine(folder, "model.json"));
        Weights = Safetensors.Load(Path.Combine(folder, "model.safetensors")).Tensors;
        Io = Safetensors.Load(Path.Combine(folder, "io.safetensors")).Tensors;
        gradients = Safetensors.Load(Path.Combine(folder, $"grads.{Precision}.safetensors")).Tensors;
    }

    protected JsonElement Json { get; }

    protected IReadOnlyDictionary<string, Tensor> Weights { get; }

    protected IReadOnlyDictionary<string, Tensor> Io { get; }

    protected abstract Module Model { get; }

    /// <summary>The layout of the files where it is not the model's own.</summary>
    protected virtual WeightLayout? Layout => null;

    /// <summary>A number of the configuration.</summary>
    protected int Size(string name) => Json.GetProperty("config").GetProperty(name).GetInt32();

    /// <summary>A tensor of a batch.</summary>
    protected Tensor Batch(int batch, string name) => Io[$"batch.{batch}.{name}"];

    /// <summary>The loss of a batch.</summary>
    protected abstract Tensor Loss(int batch);

    /// <summary>What batch 0 gives, by the names of io.safetensors.</summary>
    protected abstract IEnumerable<(string Name, Tensor Value)> Outputs();

    /// <summary>The symbols that the model takes to be likeliest, one after the other, where model.json has them.</summary>
    protected virtual void CheckDecoding() { }

    /// <summary>The parameters, with the weight decay that model.json asks for.</summary>
    protected virtual ParameterGroup[] Groups(double decay) => [new(Model.Parameters()) { Decay = decay }];

    string Precision => dtype == DType.F64 ? "f64" : "f32";

    public void Check()
    {
        using var defaults = Defaults.With(dtype: dtype);
        Model.Load(Layout?.Read(Model, Weights) ?? Weights);
        foreach (var (name, value) in Once(() => Outputs().ToArray()))
            if (dtype == DType.F64 || Io.ContainsKey($"{Precision}.{name}")) Compare(name, value, Io[$"{Precision}.{name}"]);
        CheckDecoding();
        CheckBuffers();
        CheckGradients();
        CheckSteps();
    }

    // Running statistics as they are after one batch.
    void CheckBuffers() => Once(() =>
    {
        Loss(0);
        CompareStored("buffer_after_first_forward.", "after a batch");
        return 0;
    });

    void CheckGradients()
    {
        var loss = Once(() => Loss(0));
        Compare("loss", loss, Io[$"{Precision}.loss"]);
        loss.Backward();
        var found = Stored(p => p.Grad ?? Tensor.Zeros(p.Shape), trained: true);
        if (gradients.Count != found.Count) throw new MismatchException($"{found.Count} parameters, expected {gradients.Count}");
        foreach (var (name, expected) in gradients) Compare($"gradient of {name}", found[name], expected);
        foreach (var p in Model.Parameters()) p.Grad = null;
    }

    /// <summary>Step t trains on batch t, and around again; then batch 0 is evaluated.</summary>
    void CheckSteps()
    {
        var settings = Json.GetProperty("optimizer");
        var optimizer = Optimizer(settings);
        var steps = Json.GetProperty("steps").GetProperty(Precision);
        for (int step = 0; step < steps.GetProperty("loss_before").GetArrayLength(); step++)
        {
            using var scope = Scope.Begin();
            optimizer.ZeroGrad();
            var loss = Loss(step % Json.GetProperty("batches").GetInt32());
            CompareStep("loss_before", step, loss.Item());
            loss.Backward();
            CompareStep("grad_norm", step, GradientClipping.Norm(Model.Parameters(), settings.GetProperty("clip").GetDouble()).Item());
            optimizer.Step();
            using (Reverse.NoGrad()) CompareStep("eval_loss_after", step, Once(() => Loss(0)).Item());
            if (dtype == DType.F64) CheckNorms(step);
        }
        CompareStored("after10.param.", "after the steps");
        CompareStored("after10.buffer.", "after the steps");
        foreach (var (name, value) in Once(() => Outputs().ToArray()))
            if (Io.TryGetValue($"{Precision}.after10.{name}", out var expected)) Compare($"{name} after the steps", value, expected);

        void CompareStep(string what, int step, double actual) =>
            Close.Check($"{what} of step {step}", [actual], [steps.GetProperty(what)[step].GetDouble()], dtype == DType.F64 ? 1e-9 : 1e-4, 0);
    }

    void CheckNorms(int step)
    {
        var parameters = Stored(p => p);
        foreach (var norm in Json.GetProperty("param_l2_after_each_step_f64")[step].EnumerateObject())
            Close.Check($"norm of {norm.Name} after step {step}", [Math.Sqrt(parameters[norm.Name].ToDoubles().Sum(x => x * x))], [norm.Value.GetDouble()], 1e-9, 0);
    }

    /// <summary>The optimiser of model.json.</summary>
    Optimizer Optimizer(JsonElement settings)
    {
        var keywords = settings.GetProperty("kw");
        double rate = keywords.GetProperty("lr").GetDouble(), decay = settings.GetProperty("decay").GetDouble();
        var (beta1, beta2) = keywords.TryGetProperty("betas", out var betas) ? (betas[0].GetDouble(), betas[1].GetDouble()) : (0.9, 0.999);
        var groups = Groups(decay);
        return settings.GetProperty("cls").GetString() switch
        {
            "SGD" => new Sgd(groups, rate, keywords.GetProperty("momentum").GetDouble()),
            "AdamW" => new AdamW(groups, rate, beta1, beta2),
            _ => new Adam(groups, rate, beta1, beta2),
        };
    }

    // the model's tensors against those of io.safetensors whose names begin so
    void CompareStored(string prefix, string when)
    {
        prefix = $"{Precision}.{prefix}";
        var own = Stored(t => t);
        foreach (var (name, expected) in Io.Where(given => given.Key.StartsWith(prefix, StringComparison.Ordinal)))
            Compare($"{name[prefix.Length..]} {when}", own[name[prefix.Length..]], expected);
    }

    // What f yields, with the running statistics put back as they were.
    T Once<T>(Func<T> f)
    {
        (Tensor Value, Tensor Before)[] buffers = [.. Model.Named().Where(found => !found.Value.RequiresGrad).Select(found => (found.Value, found.Value.Clone()))];
        var result = f();
        foreach (var (value, before) in buffers) value.CopyFrom(before);
        return result;
    }

    // of every tensor of the model what is asked, by the names and in the layout of the files
    Dictionary<string, Tensor> Stored(Func<Tensor, Tensor> what, bool trained = false)
    {
        var own = Model.Named().Where(t => t.Value.RequiresGrad || !trained).Select(t => (t.Name, what(t.Value)));
        return Layout?.Write(own).ToDictionary() ?? own.ToDictionary(t => t.Name, t => t.Item2);
    }

    void Compare(string what, Tensor actual, Tensor expected)
    {
        if (dtype == DType.F64) Close.Check(what, actual, expected, 1e-9, 1e-11);
        else Close.Check(what, actual, expected, 1e-4, Math.Max(1e-6, 1e-4 * expected.ToDoubles().Max(Math.Abs)));   // the gradient of a key's bias is 0 but for rounding
    }
}
