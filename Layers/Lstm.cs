namespace NanoAttention;

/// <summary>
/// An LSTM over whole sequences (Hochreiter and Schmidhuber 1997), of several layers, read in one direction or both (Schuster and
/// Paliwal 1997); parameter names and layouts are PyTorch's (weight_ih_l0, …, bias_hh_l1_reverse).
/// Shapes: x (b, t, in), or (t, b, in) without <c>batchFirst</c> → outputs (b, t, directions · hidden); states (layers · directions, b, hidden).
/// </summary>
public sealed class Lstm : Module
{
    readonly int inputs, hidden, layers;
    readonly bool bidirectional, batchFirst;
    readonly double dropout;
    readonly Carried carried = new(), carriedInEval = new();    // an evaluation between two training steps leaves their state alone

    /// <param name="dropout">The probability with which, in training, an output of a layer is dropped before the next.</param>
    public Lstm(int inputs, int hidden, int layers = 1, bool bidirectional = false, bool batchFirst = true, bool bias = true, double dropout = 0)
    {
        if (layers < 1) throw new ArgumentOutOfRangeException(nameof(layers), $"Lstm: it must have at least one layer, not {layers}");
        (this.inputs, this.hidden, this.layers, this.bidirectional, this.batchFirst, this.dropout) = (inputs, hidden, layers, bidirectional, batchFirst, dropout);
        for (int layer = 0; layer < layers; layer++)
            for (int direction = 0; direction < Directions; direction++)
            {
                int size = layer == 0 ? inputs : Directions * hidden;
                Add("weight_ih", [4 * hidden, size]);
                Add("weight_hh", [4 * hidden, hidden]);
                if (!bias) continue;
                Add("bias_ih", [4 * hidden]);
                Add("bias_hh", [4 * hidden]);

                void Add(string name, Shape shape) => Weights.Add(name + Suffix(layer, direction), Initialise.UniformFan(Initialise.Parameter(shape), hidden));
            }
    }

    /// <summary>For each layer and direction: W_ih (4 hidden, in), W_hh (4 hidden, hidden), and their biases (4 hidden).</summary>
    [Name("")]
    public OrderedDictionary<string, Tensor> Weights { get; } = [];

    int Directions => bidirectional ? 2 : 1;

    /// <summary>
    /// The outputs of the last layer and the last states of all. With lengths, sequence i ends after lengths[i] steps: its outputs behind
    /// that are 0, its last states are those at its end, and the backward direction begins there. The states outlive the scope of this
    /// call, until the end of the one in which the layer is next called in the same mode: detached, they can begin its sequences.
    /// </summary>
    /// <param name="state">The first states, (layers · directions, b, hidden) each; 0 unless given.</param>
    public (Tensor Output, (Tensor H, Tensor C) State) Forward(Tensor x, (Tensor H, Tensor C)? state = null, int[]? lengths = null)
    {
        if (x.Rank != 3 || x.Shape[2] != inputs) throw new ArgumentException($"Lstm: the input {x.Shape} must be {(batchFirst ? "(batch, time, " : "(time, batch, ")}{inputs})");
        if (batchFirst) x = x.Transpose(0, 1);                                                  // (t, b, in)
        int steps = x.Shape[0], batch = x.Shape[1];
        if (steps == 0) throw new ArgumentException($"Lstm: the input {(batchFirst ? x.Transpose(0, 1) : x).Shape} has no steps: it must have at least one");
        Shape states = [layers * Directions, batch, hidden];
        var (h0, c0) = state ?? (Tensor.Zeros(states, x.DType, x.Device), Tensor.Zeros(states, x.DType, x.Device));
        if (h0.Shape != states || c0.Shape != states) throw new ArgumentException($"Lstm: the states {h0.Shape} and {c0.Shape} must be {states}");
        var ragged = Ragged.Of(lengths, steps, batch, x.Device);

        Tensor[] firstH = h0.Unbind(), firstC = c0.Unbind();
        var (lastH, lastC) = (new Tensor[firstH.Length], new Tensor[firstC.Length]);
        for (int layer = 0; layer < layers; layer++)
        {
            if (layer > 0 && Training) x = x.Dropout(dropout);
            var outputs = new Tensor[Directions];
            for (int direction = 0; direction < Directions; direction++)
            {
                int i = layer * Directions + direction;
                (outputs[direction], lastH[i], lastC[i]) = Scan(x, Suffix(layer, direction), firstH[i], firstC[i], ragged, backwards: direction == 1);
            }
            x = bidirectional ? Tensor.Concat(outputs, -1) : outputs[0];                        // (t, b, directions · hidden)
            if (ragged is not null) x = Tensor.Where(ragged.Inside, x, Tensor.Zeros([], x.DType, x.Device));
        }
        var (h, c) = (Tensor.Stack(lastH), Tensor.Stack(lastC));
        (Training ? carried : carriedInEval).Hold(h, c);
        return (batchFirst ? x.Transpose(0, 1) : x, (h, c));
    }

    // One layer in one direction: x (t, b, in) → (t, b, hidden) and the last states (b, hidden).
    (Tensor Output, Tensor H, Tensor C) Scan(Tensor x, string suffix, Tensor h, Tensor c, Ragged? ragged, bool backwards)
    {
        var bias = Weights.TryGetValue("bias_ih" + suffix, out var b) ? b + Weights["bias_hh" + suffix] : null;
        var gates = x.Linear(Weights["weight_ih" + suffix], bias).Unbind();                     // t × (b, 4 hidden), in one product
        var recurrent = Weights["weight_hh" + suffix];
        var outputs = new Tensor[gates.Length];
        for (int step = 0; step < gates.Length; step++)
        {
            int t = backwards ? gates.Length - 1 - step : step;
            var (h1, c1) = Tensor.LstmCell(h.Linear(recurrent, gates[t]), c);                   // (b, hidden)
            (h, c) = ragged is null || t < ragged.Shortest ? (h1, c1) : (Tensor.Where(ragged.At(t), h1, h), Tensor.Where(ragged.At(t), c1, c));
            outputs[t] = h;
        }
        return (Tensor.Stack(outputs), h, c);
    }

    static string Suffix(int layer, int direction) => $"_l{layer}{(direction == 1 ? "_reverse" : "")}";

    /// <summary>Sequences of unequal lengths: which steps lie inside, (t, b, 1) Bool, and the shortest length.</summary>
    sealed record Ragged(Tensor Inside, int Shortest)
    {
        public Tensor At(int t) => Inside.Select(0, t);                                         // (b, 1)

        public static Ragged? Of(int[]? lengths, int steps, int batch, Device device)
        {
            if (lengths is null) return null;
            if (lengths.Length != batch || lengths.Any(n => n < 1 || n > steps))
                throw new ArgumentException($"Lstm: the lengths ({string.Join(", ", lengths)}) must be {batch} numbers from 1 to {steps}");
            var inside = new bool[steps * batch];
            for (int i = 0; i < inside.Length; i++) inside[i] = i / batch < lengths[i % batch];
            return lengths.All(n => n == steps) ? null : new(Tensor.From(inside, [steps, batch, 1], device), lengths.Min());
        }
    }

    internal static Case[] Cases =>
    [
        Case.Of(() => new Lstm(3, 4), (lstm, x) => lstm.Forward(x[0]).Output, [[2, 5, 3]]) with
        {
            Timed = Case.Of(() => new Lstm(128, 256), (lstm, x) => lstm.Forward(x[0]).Output, [[32, 20, 128]]),
        },
        Case.Of(() => new Lstm(3, 2, layers: 2, bidirectional: true), (lstm, x) => lstm.Forward(x[0], lengths: [4, 2]).Output, [[2, 4, 3]]),
        Case.Of(() => new Lstm(2, 3, batchFirst: false, bias: false), (lstm, x) => lstm.Forward(x[0], (x[1], x[2])).State.C, [[3, 2, 2], [1, 2, 3], [1, 2, 3]]),
        Case.Of(() => new Lstm(2, 3, layers: 2, dropout: 0.4), (lstm, x) => lstm.Forward(x[0]).State.H, [[2, 3, 2]]),
    ];
}
