namespace NanoAttention.Tests.Conformance;

/// <summary>
/// Recurrent networks of one layer, in either direction or both: this project's layers where they compute the same, else composed of ops,
/// with any activations.
/// </summary>
public static partial class OnnxOperators
{
    static (string Name, Func<OnnxNode, OnnxValue?[]> Body)[] Recurrences =>
    [
        ("RNN", n => Recurrent(n, gates: 1, states: 1, ["Tanh"], RnnStep, RnnLayer)),
        ("GRU", n => Recurrent(n, gates: 3, states: 1, ["Sigmoid", "Tanh"], GruStep, GruLayer)),
        ("LSTM", n => Recurrent(n, gates: 4, states: 2, ["Sigmoid", "Tanh", "Tanh"], LstmStep, LstmLayer)),
    ];

    /// <summary>
    /// What a network reads: x (t, b, in), weights (directions, gates · h, …) and biases (directions, 2 · gates · h), lengths, and the
    /// first states (directions, b, h).
    /// </summary>
    sealed record Network(Tensor X, Tensor W, Tensor R, Tensor? Bias, int[]? Lengths, Tensor?[] First, int Hidden)
    {
        public int Directions => W.Shape[0];

        public int Inputs => W.Shape[2];

        public Tensor FirstOrZeros(int state) => First[state] ?? Tensor.Zeros([Directions, X.Shape[1], Hidden]);

        /// <summary>Puts the weights into a layer, whose gates are those of ONNX in the given order.</summary>
        public void Load(OrderedDictionary<string, Tensor> weights, params ReadOnlySpan<int> gates)
        {
            int biases = gates.Length * Hidden;
            for (int d = 0; d < Directions; d++)
            {
                string suffix = d == 0 ? "_l0" : "_l0_reverse";
                weights["weight_ih" + suffix] = Ordered(W.Select(0, d), gates);
                weights["weight_hh" + suffix] = Ordered(R.Select(0, d), gates);
                if (Bias is null) continue;
                weights["bias_ih" + suffix] = Ordered(Bias.Select(0, d).Slice(0, 0, biases), gates);
                weights["bias_hh" + suffix] = Ordered(Bias.Select(0, d).Slice(0, biases, biases), gates);
            }
        }

        Tensor Ordered(Tensor rows, ReadOnlySpan<int> gates)
        {
            var parts = new Tensor[gates.Length];
            for (int i = 0; i < parts.Length; i++) parts[i] = rows.Slice(0, gates[i] * Hidden, Hidden);
            return Tensor.Concat(parts);
        }
    }

    static (Tensor Y, Tensor[] Last)? RnnLayer(OnnxNode n, Network net)
    {
        var rnn = new Rnn(net.Inputs, net.Hidden, 1, net.Directions == 2, batchFirst: false, net.Bias is not null);
        net.Load(rnn.Weights, 0);
        var (y, h) = rnn.Forward(net.X, net.FirstOrZeros(0), net.Lengths);
        return (y, [h]);
    }

    /// <summary>z r h → r z n; where the reset comes behind the product.</summary>
    static (Tensor Y, Tensor[] Last)? GruLayer(OnnxNode n, Network net)
    {
        if (!n.Flag("linear_before_reset")) return null;
        var gru = new Gru(net.Inputs, net.Hidden, 1, net.Directions == 2, batchFirst: false, net.Bias is not null);
        net.Load(gru.Weights, 1, 0, 2);
        var (y, h) = gru.Forward(net.X, net.FirstOrZeros(0), net.Lengths);
        return (y, [h]);
    }

    /// <summary>i o f c → i f g o</summary>
    static (Tensor Y, Tensor[] Last)? LstmLayer(OnnxNode n, Network net)
    {
        var lstm = new Lstm(net.Inputs, net.Hidden, 1, net.Directions == 2, batchFirst: false, net.Bias is not null);
        net.Load(lstm.Weights, 0, 2, 3, 1);
        var (y, (h, c)) = lstm.Forward(net.X, (net.FirstOrZeros(0), net.FirstOrZeros(1)), net.Lengths);
        return (y, [h, c]);
    }

    /// <summary>x (t, b, in), or (b, t, in) with layout 1 → all h (t, directions, b, h), and the last states (directions, b, h).</summary>
    static OnnxValue?[] Recurrent(OnnxNode n, int gates, int states, string[] defaults, CellStep step,
        Func<OnnxNode, Network, (Tensor Y, Tensor[] Last)?> layer)
    {
        bool batchFirst = n.Flag("layout");
        var peepholes = gates == 4 ? n.Optional(7) : null;
        if (gates == 3) n.Flag("linear_before_reset");
        bool coupled = gates == 4 && n.Flag("input_forget");
        bool reverse = n.Text("direction", "forward") switch
        {
            "forward" or "bidirectional" => false,
            "reverse" => true,
            var other => throw n.Unknown("direction", other),
        };
        int[]? lengths = n.WholeOrNone(4);
        bool plain = !reverse && !coupled && peepholes is null && !n.Has("activations") && !n.Has("clip");
        Tensor?[] first = [.. Range(5, states).Select(i => TimeFirst(n.Optional(i)))];
        int hidden = n.Int("hidden_size", n[2].Shape[2]);
        var net = new Network(TimeFirst(n[0])!, n[1], n[2], n.Optional(3), lengths, first, hidden);
        var activations = Activations(n, defaults, net.Directions);

        var (y, last) = (plain && lengths?.Contains(0) is not true ? layer(n, net) : null) ?? Composed(n, net, gates, step, peepholes, activations, reverse);
        y = y.Reshape(y.Shape[0], y.Shape[1], net.Directions, hidden);                          // (t, b, directions, h)
        return [y.Permute(batchFirst ? [1, 0, 2, 3] : [0, 2, 1, 3]), .. last.Select(s => (OnnxValue)TimeFirst(s)!)];

        Tensor? TimeFirst(Tensor? x) => batchFirst ? x?.Transpose(0, 1) : x;
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
