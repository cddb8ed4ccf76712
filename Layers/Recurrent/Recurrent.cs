namespace NanoAttention;

/// <summary>
/// What <see cref="Rnn"/>, <see cref="Gru"/> and <see cref="Lstm"/> share: sequences read by several layers, in one direction or both
/// (Schuster and Paliwal 1997), each layer and direction a cell with weights of its own. Parameter names and layouts are PyTorch's
/// (weight_ih_l0, …, bias_hh_l1_reverse). Sequences of one length are one operation for each layer and direction.
/// Shapes: x (b, t, in), or (t, b, in) without <c>batchFirst</c> → outputs (b, t, directions · size); states (layers · directions, b, size).
/// </summary>
public abstract class Recurrent : Module
{
    readonly int inputs, layers;
    readonly int[] sizes;           // of the states; the first is what a step puts out
    readonly bool bidirectional, batchFirst;
    readonly double dropout;
    readonly Carried carried = new(), carriedInEval = new();    // an evaluation between two training steps leaves their state alone

    /// <param name="gates">The rows of the weights: so many times the hidden size.</param>
    /// <param name="projection">The size to which a step's output is projected before it is put out; null: it is not.</param>
    private protected Recurrent(int inputs, int hidden, int layers, bool bidirectional, bool batchFirst, bool bias, double dropout, int gates, int[] sizes, int? projection = null)
    {
        Blocks.Check(GetType().Name, layers, least: 1);
        (this.inputs, this.layers, this.sizes) = (inputs, layers, sizes);
        (this.bidirectional, this.batchFirst, this.dropout) = (bidirectional, batchFirst, dropout);
        for (int layer = 0; layer < layers; layer++)
            for (int direction = 0; direction < Directions; direction++)
            {
                Add("weight_ih", [gates * hidden, layer == 0 ? inputs : Directions * sizes[0]]);
                Add("weight_hh", [gates * hidden, sizes[0]]);
                if (bias)
                {
                    Add("bias_ih", [gates * hidden]);
                    Add("bias_hh", [gates * hidden]);
                }
                if (projection is { } size) Add("weight_hr", [size, hidden]);

                void Add(string name, Shape shape) => Weights.Add(name + Suffix(layer, direction), Initialise.UniformFan(Initialise.Parameter(shape), hidden));
            }
    }

    /// <summary>For each layer and direction: W_ih (gates · hidden, in), W_hh (gates · hidden, size), and their biases (gates · hidden).</summary>
    [Name("")]
    public OrderedDictionary<string, Tensor> Weights { get; } = [];

    int Directions => bidirectional ? 2 : 1;

    /// <summary>A cell's weights. The bias of the inputs' product is as <see cref="InputBias"/> has it.</summary>
    private protected readonly record struct Cell(Tensor InputWeight, Tensor? InputBias, Tensor Weight, Tensor? Bias, Tensor? Projection);

    /// <summary>The states after a step: what comes from its input is (b, gates · hidden), a state (b, size).</summary>
    private protected abstract Tensor[] Step(Tensor input, Tensor[] states, Cell cell);

    /// <summary>All steps at once: x (t, b, in) → (t, b, size), and the states become the last ones. Null where there is no operation for that.</summary>
    private protected abstract Tensor? Steps(Tensor x, Tensor[] states, Cell cell, bool backwards);

    /// <summary>What is added to the inputs' product: both biases, where the cell adds the two products as they are.</summary>
    private protected virtual Tensor InputBias(Tensor ih, Tensor hh) => ih + hh;

    /// <summary>
    /// The outputs of the last layer and the last states of all. With lengths, sequence i ends after lengths[i] steps: its outputs behind
    /// that are 0, its last states are those at its end, and the backward direction begins there. The states outlive the scope of this
    /// call, until the end of the one in which the layer is next called in the same mode: detached, they can begin its sequences.
    /// </summary>
    /// <param name="first">The first states, (layers · directions, b, size) each; 0 unless given.</param>
    private protected (Tensor Output, Tensor[] States) Read(Tensor x, Tensor[]? first, int[]? lengths)
    {
        string name = GetType().Name;
        if (x.Rank != 3 || x.Shape[2] != inputs) throw new ArgumentException($"{name}: the input {x.Shape} must be {(batchFirst ? "(batch, time, " : "(time, batch, ")}{inputs})");
        if (batchFirst) x = x.Transpose(0, 1);                                                  // (t, b, in)
        int steps = x.Shape[0], batch = x.Shape[1];
        if (steps == 0) throw new ArgumentException($"{name}: the input {(batchFirst ? x.Transpose(0, 1) : x).Shape} has no steps: it must have at least one");
        Shape[] shapes = [.. sizes.Select(size => Shape.Create(layers * Directions, batch, size))];
        first ??= [.. shapes.Select(shape => Tensor.Zeros(shape, x.DType, x.Device))];
        if (!first.Select(s => s.Shape).SequenceEqual(shapes))
            throw new ArgumentException($"{name}: the first states {string.Join(" and ", first.Select(s => s.Shape))} must be {string.Join(" and ", shapes)}");
        var ragged = Ragged.Of(name, lengths, steps, batch, x.Device);

        Tensor[][] starts = [.. first.Select(s => s.Unbind())], ends = [.. starts.Select(s => new Tensor[s.Length])];
        for (int layer = 0; layer < layers; layer++)
        {
            if (layer > 0 && Training) x = x.Dropout(dropout);
            var outputs = new Tensor[Directions];
            for (int direction = 0; direction < Directions; direction++)
            {
                int i = layer * Directions + direction;
                Tensor[] states = [.. starts.Select(s => s[i])];
                outputs[direction] = Scan(x, Suffix(layer, direction), states, ragged, backwards: direction == 1);
                for (int k = 0; k < states.Length; k++) ends[k][i] = states[k];
            }
            x = bidirectional ? Tensor.Concat(outputs, -1) : outputs[0];                        // (t, b, directions · size)
            if (ragged is not null) x = Tensor.Where(ragged.Inside, x, Tensor.Zeros([], x.DType, x.Device));
        }
        Tensor[] last = [.. ends.Select(s => Tensor.Stack(s))];
        (Training ? carried : carriedInEval).Hold(last);
        return (batchFirst ? x.Transpose(0, 1) : x, last);
    }

    // One layer in one direction: x (t, b, in) → (t, b, size); the states, (b, size) each, become the last ones.
    Tensor Scan(Tensor x, string suffix, Tensor[] states, Ragged? ragged, bool backwards)
    {
        var bias = Weights.GetValueOrDefault("bias_hh" + suffix);
        var inputBias = bias is null ? null : InputBias(Weights["bias_ih" + suffix], bias);
        var cell = new Cell(Weights["weight_ih" + suffix], inputBias, Weights["weight_hh" + suffix], bias, Weights.GetValueOrDefault("weight_hr" + suffix));
        if (ragged is null && Steps(x, states, cell, backwards) is { } all) return all;
        var inputs = x.Linear(cell.InputWeight, inputBias).Unbind();
        var outputs = new Tensor[inputs.Length];
        for (int step = 0; step < inputs.Length; step++)
        {
            int t = backwards ? inputs.Length - 1 - step : step;
            var next = Step(inputs[t], states, cell);
            for (int k = 0; k < states.Length; k++)
                states[k] = ragged is null || t < ragged.Shortest ? next[k] : Tensor.Where(ragged.At(t), next[k], states[k]);
            outputs[t] = states[0];
        }
        return Tensor.Stack(outputs);
    }

    static string Suffix(int layer, int direction) => $"_l{layer}{(direction == 1 ? "_reverse" : "")}";

    /// <summary>Sequences of unequal lengths: which steps lie inside, (t, b, 1) Bool, and the shortest length.</summary>
    sealed record Ragged(Tensor Inside, int Shortest)
    {
        public Tensor At(int t) => Inside.Select(0, t);                                         // (b, 1)

        public static Ragged? Of(string name, int[]? lengths, int steps, int batch, Device device)
        {
            if (lengths is null) return null;
            if (lengths.Length != batch || lengths.Any(n => n < 1 || n > steps))
                throw new ArgumentException($"{name}: the lengths ({string.Join(", ", lengths)}) must be {batch} numbers from 1 to {steps}");
            var inside = new bool[steps * batch];
            for (int i = 0; i < inside.Length; i++) inside[i] = i / batch < lengths[i % batch];
            return lengths.All(n => n == steps) ? null : new(Tensor.From(inside, [steps, batch, 1], device), lengths.Min());
        }
    }
}
