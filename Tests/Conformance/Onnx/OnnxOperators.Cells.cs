namespace NanoAttention.Tests.Conformance;

/// <summary>Recurrent networks composed of ops, step by step.</summary>
public static partial class OnnxOperators
{
    /// <summary>
    /// What a cell computes with in one direction, beside W x + its bias for the step (b, gates · h): R (gates · h, h) and its bias,
    /// peepholes (3 · h), and activations.
    /// </summary>
    sealed record Cell(OnnxNode Node, Tensor R, Tensor? RBias, Tensor? Peepholes, Func<Tensor, Tensor>[] Activations);

    delegate Tensor[] CellStep(Cell cell, Tensor x, Tensor[] states);

    /// <summary>hₜ = f(W xₜ + R hₜ₋₁)</summary>
    static Tensor[] RnnStep(Cell cell, Tensor x, Tensor[] states) =>
        [cell.Activations[0](x + states[0].Linear(cell.R, cell.RBias))];

    /// <summary>z, r = f(…), h′ = g(W x + R (r ⊙ h)) or, linear before the reset, g(W x + r ⊙ (R h)); h = (1 − z) ⊙ h′ + z ⊙ h</summary>
    static Tensor[] GruStep(Cell cell, Tensor x, Tensor[] states)
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

    /// <summary>Gates i, o, f, c; peepholes i, o, f. c = f ⊙ c + i ⊙ g(…), f = 1 − i if that is asked for; h = o ⊙ h(c)</summary>
    static Tensor[] LstmStep(Cell cell, Tensor x, Tensor[] states)
    {
        var (h, c) = (states[0], states[1]);
        int size = h.Shape[^1];
        var a = x + h.Linear(cell.R, cell.RBias);
        var (f, g, last) = (cell.Activations[0], cell.Activations[1], cell.Activations[2]);
        var i = f(Gate(a, 0, size) + Peep(c, 0));
        var forget = cell.Node.Flag("input_forget") ? 1 - i : f(Gate(a, 2, size) + Peep(c, 2));
        c = forget * c + i * g(Gate(a, 3, size));
        var o = f(Gate(a, 1, size) + Peep(c, 1));
        return [o * last(c), c];

        Tensor Peep(Tensor c, int gate) => cell.Peepholes is { } p ? c * p.Slice(0, gate * size, size) : Tensor.Zeros([]);
    }

    static Tensor Gate(Tensor a, int gate, int size) => a.Slice(-1, gate * size, size);

    /// <summary>All h (t, b, directions · h), 0 behind a sequence's end, and the last states (directions, b, h).</summary>
    static (Tensor Y, Tensor[] Last) Composed(OnnxNode n, Network net, int gates, CellStep step, Tensor? peepholes,
        Func<Tensor, Tensor>[][] activations, bool reverse)
    {
        int rows = gates * net.Hidden, states = net.First.Length;
        var outputs = new Tensor[net.Directions];
        var last = new Tensor[net.Directions][];
        for (int d = 0; d < net.Directions; d++)
        {
            var bias = net.Bias?.Select(0, d);                                                  // (2 · gates · h)
            var inputs = net.X.Linear(net.W.Select(0, d), bias?.Slice(0, 0, rows));             // (t, b, gates · h)
            var cell = new Cell(n, net.R.Select(0, d), bias?.Slice(0, rows, rows), peepholes?.Select(0, d), activations[d]);
            Tensor[] now = [.. Range(0, states).Select(s => net.FirstOrZeros(s).Select(0, d))];
            var steps = new Tensor[net.X.Shape[0]];
            for (int i = 0; i < steps.Length; i++)
            {
                int t = reverse || d == 1 ? steps.Length - 1 - i : i;
                var next = step(cell, inputs.Select(0, t), now);
                steps[t] = next[0];
                if (net.Lengths is { } lengths)
                {
                    var inside = Tensor.From([.. lengths.Select(length => t < length)], [lengths.Length, 1]);
                    next = [.. next.Zip(now, (a, b) => Tensor.Where(inside, a, b))];
                    steps[t] = Tensor.Where(inside, steps[t], Tensor.Zeros([]));
                }
                now = next;
            }
            (outputs[d], last[d]) = (Tensor.Stack(steps), now);
        }
        return (Tensor.Concat(outputs, -1), [.. Range(0, states).Select(s => Tensor.Stack([.. last.Select(l => l[s])]))]);
    }
}
