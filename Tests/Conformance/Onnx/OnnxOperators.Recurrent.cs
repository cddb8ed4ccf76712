namespace NanoAttention.Tests.Conformance;

/// <summary>Recurrent networks of one layer, in either direction or both, with any activations.</summary>
public static partial class OnnxOperators
{
    static (string Name, Func<OnnxNode, OnnxValue?[]> Body)[] Recurrences =>
    [
        ("RNN", n => Recurrent(n, gates: 1, states: 1, ["Tanh"], Rnn)),
        ("GRU", n => Recurrent(n, gates: 3, states: 1, ["Sigmoid", "Tanh"], Gru)),
        ("LSTM", n => Recurrent(n, gates: 4, states: 2, ["Sigmoid", "Tanh", "Tanh"], Lstm)),
    ];

    /// <summary>
    /// What a cell computes with in one direction, beside W x + its bias for the step (b, gates · h): R (gates · h, h) and its bias,
    /// peepholes (3 · h), and activations.
    /// </summary>
    sealed record Cell(OnnxNode Node, Tensor R, Tensor? RBias, Tensor? Peepholes, Func<Tensor, Tensor>[] Activations);

    delegate Tensor[] CellStep(Cell cell, Tensor x, Tensor[] states);

    /// <summary>hₜ = f(W xₜ + R hₜ₋₁)</summary>
    static Tensor[] Rnn(Cell cell, Tensor x, Tensor[] states) =>
        [cell.Activations[0](x + states[0].Linear(cell.R, cell.RBias))];

    /// <summary>z, r = f(…), h′ = g(W x + R (r ⊙ h)) or, linear before the reset, g(W x + r ⊙ (R h)); h = (1 − z) ⊙ h′ + z ⊙ h</summary>
    static Tensor[] Gru(Cell cell, Tensor x, Tensor[] states)
    {
        var h = states[0];
        int size = h.Shape[^1];
        var (f, g) = (cell.Activations[0], cell.Activations[1]);
        var inner = h.Linear(cell.R, cell.RBias);
        Tensor z = f(Gate(x, 0, size) + Gate(inner, 0, size)), r = f(Gate(x, 1, size) + Gate(inner, 1, size));
        var recurrent = cell.Node.Flag("linear_before_reset") ? r * Gate(inner, 2, size)
            : (r * h).Linear(cell.R.Slice(0, 2 * size, size), cell.RBias?.Slice(0, 2 * size, size));
        var candidate = g(Gate(x, 2, size) + recurrent);
        return [(1 - z) * candidate + z * h];
    }

    /// <summary>Gates i, o, f, c; peepholes i, o, f. c = f ⊙ c + i ⊙ g(…), h = o ⊙ h(c)</summary>
    static Tensor[] Lstm(Cell cell, Tensor x, Tensor[] states)
    {
        var (h, c) = (states[0], states[1]);
        int size = h.Shape[^1];
        if (cell.Node.Flag("input_forget")) throw cell.Node.Unknown("input_forget", 1);
        var a = x + h.Linear(cell.R, cell.RBias);
        var (f, g, last) = (cell.Activations[0], cell.Activations[1], cell.Activations[2]);
        Tensor i = f(Gate(a, 0, size) + Peep(c, 0)), forget = f(Gate(a, 2, size) + Peep(c, 2));
        c = forget * c + i * g(Gate(a, 3, size));
        var o = f(Gate(a, 1, size) + Peep(c, 1));
        return [o * last(c), c];

        Tensor Peep(Tensor c, int gate) => cell.Peepholes is { } p ? c * p.Slice(0, gate * size, size) : Tensor.Zeros([]);
    }

    static Tensor Gate(Tensor a, int gate, int size) => a.Slice(-1, gate * size, size);

    /// <summary>x (t, b, in), or (b, t, in) with layout 1 → all h (t, directions, b, h), and the last states (directions, b, h).</summary>
    static OnnxValue?[] Recurrent(OnnxNode n, int gates, int states, string[] defaults, CellStep step)
    {
        bool batchFirst = n.Flag("layout");
        var x = batchFirst ? n[0].Transpose(0, 1) : n[0];
        var (w, r, bias) = (n[1], n[2], n.Optional(3));
        int[]? lengths = n.WholeOrNone(4);
        int hidden = n.Int("hidden_size", r.Shape[2]), directions = w.Shape[0];
        if (gates == 3) n.Flag("linear_before_reset");
        var first = new Tensor?[states];
        for (int s = 0; s < states; s++) first[s] = batchFirst ? n.Optional(5 + s)?.Transpose(0, 1) : n.Optional(5 + s);
        var peepholes = gates == 4 ? n.Optional(7) : null;
        bool reverse = n.Text("direction", "forward") switch
        {
            "forward" or "bidirectional" => false,
            "reverse" => true,
            var other => throw n.Unknown("direction", other),
        };
        var activations = Activations(n, defaults, directions);

        var outputs = new Tensor[directions];
        var last = new Tensor[states][];
        for (int s = 0; s < states; s++) last[s] = new Tensor[directions];
        for (int d = 0; d < directions; d++)
        {
            var both = bias?.Select(0, d);                                                      // (2 · gates · h)
            var gatesOfX = x.Linear(w.Select(0, d), both?.Slice(0, 0, gates * hidden));         // (t, b, gates · h)
            var cell = new Cell(n, r.Select(0, d), both?.Slice(0, gates * hidden, gates * hidden), peepholes?.Select(0, d), activations[d]);
            Tensor[] now = [.. first.Select(s => s?.Select(0, d) ?? Tensor.Zeros([x.Shape[1], hidden]))];
            var steps = new Tensor[x.Shape[0]];
            for (int i = 0; i < steps.Length; i++)
            {
                int t = reverse || d == 1 ? steps.Length - 1 - i : i;
                var next = step(cell, gatesOfX.Select(0, t), now);
                if (lengths is not null)
                {
                    var inside = Tensor.From([.. lengths.Select(length => t < length)], [lengths.Length, 1]);
                    next = [.. next.Zip(now, (a, b) => Tensor.Where(inside, a, b))];
                    steps[t] = Tensor.Where(inside, next[0], Tensor.Zeros([]));
                }
                else steps[t] = next[0];
                now = next;
            }
            outputs[d] = Tensor.Stack(steps);
            for (int s = 0; s < states; s++) last[s][d] = now[s];
        }
        var y = Tensor.Stack(outputs, 1);                                                       // (t, directions, b, h)
        return [batchFirst ? y.Permute(2, 0, 1, 3) : y, .. last.Select(s => (OnnxValue)Tensor.Stack(s, batchFirst ? 1 : 0))];
    }

    /// <summary>For each direction the activations by name; the numbers of those that take some are listed in their order.</summary>
    static Func<Tensor, Tensor>[][] Activations(OnnxNode n, string[] defaults, int directions)
    {
        string[] names = n.Texts("activations") ?? [.. Enumerable.Repeat(defaults, directions).SelectMany(d => d)];
        var alphas = new Queue<double>(n.Floats("activation_alpha") ?? []);
        var betas = new Queue<double>(n.Floats("activation_beta") ?? []);
        double clip = n.Float("clip", double.PositiveInfinity);
        Func<Tensor, Tensor>[] all = [.. names.Select(name => Clipped(Activation(name)))];
        return [.. all.Chunk(defaults.Length)];

        Func<Tensor, Tensor> Clipped(Func<Tensor, Tensor> f) => double.IsInfinity(clip) ? f : x => f(x.Clamp(-clip, clip));

        Func<Tensor, Tensor> Activation(string name)
        {
            switch (name.ToUpperInvariant())
            {
                case "RELU": return x => x.Relu();
                case "TANH": return x => x.Tanh();
                case "SIGMOID": return x => x.Sigmoid();
                case "SOFTSIGN": return x => x.Softsign();
                case "SOFTPLUS": return x => x.Softplus();
                case "AFFINE": { double a = Next(alphas, 1), b = Next(betas, 0); return x => a * x + b; }
                case "SCALEDTANH": { double a = Next(alphas, 1), b = Next(betas, 1); return x => a * (b * x).Tanh(); }
                case "HARDSIGMOID": { double a = Next(alphas, 0.2), b = Next(betas, 0.5); return x => x.Hardsigmoid(a, b); }
                case "LEAKYRELU": { double a = Next(alphas, 0.01); return x => x.LeakyRelu(a); }
                case "THRESHOLDEDRELU": { double a = Next(alphas, 1); return x => x.Threshold(a, 0); }
                case "ELU": { double a = Next(alphas, 1); return x => x.Elu(a); }
                default: throw n.Unknown("activation", name);
            }
        }

        static double Next(Queue<double> values, double otherwise) => values.Count > 0 ? values.Dequeue() : otherwise;
    }
}
