namespace NanoAttention;

/// <summary>What <see cref="RnnCell"/>, <see cref="GruCell"/> and <see cref="LstmCell"/> share: the weights of one step, and the state that outlives it.</summary>
public abstract class RecurrentCell : Module
{
    readonly int inputs, hidden;
    readonly Carried carried = new(), carriedInEval = new();

    /// <param name="gates">The rows of the weights: so many times the hidden size.</param>
    private protected RecurrentCell(int inputs, int hidden, bool bias, int gates)
    {
        (this.inputs, this.hidden) = (inputs, hidden);
        WeightIh = Filled([gates * hidden, inputs]);
        WeightHh = Filled([gates * hidden, hidden]);
        BiasIh = bias ? Filled([gates * hidden]) : null;
        BiasHh = bias ? Filled([gates * hidden]) : null;

        Tensor Filled(Shape shape) => Initialise.UniformFan(Initialise.Parameter(shape), hidden);
    }

    /// <summary>(gates · hidden, in)</summary>
    public Tensor WeightIh { get; }

    /// <summary>(gates · hidden, hidden)</summary>
    public Tensor WeightHh { get; }

    public Tensor? BiasIh { get; }

    public Tensor? BiasHh { get; }

    /// <summary>W_ih x and both biases.</summary>
    private protected Tensor FromInput(Tensor x) => x.Linear(WeightIh, BiasIh is null ? null : BiasIh + BiasHh!);

    /// <summary>The states a step begins with: those given, or zeros; throws where input or states do not fit.</summary>
    private protected Tensor[] Begin(Tensor x, int count, params Tensor[]? states)
    {
        if (x.Rank != 2 || x.Shape[1] != inputs) throw new ArgumentException($"{GetType().Name}: the input {x.Shape} must be (batch, {inputs})");
        Shape shape = [x.Shape[0], hidden];
        if (states is null) return [.. Enumerable.Range(0, count).Select(_ => Tensor.Zeros(shape, x.DType, x.Device))];
        foreach (var state in states)
            if (state.Shape != shape) throw new ArgumentException($"{GetType().Name}: the state {state.Shape} must be {shape}");
        return states;
    }

    /// <summary>The states returned outlive their scope, as those of a <see cref="Recurrent"/> layer do.</summary>
    private protected void Hold(params ReadOnlySpan<Tensor> states) => (Training ? carried : carriedInEval).Hold(states);
}
