using static NanoAttention.Reverse;

namespace NanoAttention;

public sealed partial class Tensor
{
    /// <summary>
    /// An LSTM over a whole sequence, steps that <see cref="LstmCell"/> takes one by one, as one operation:
    /// <code>gates = x + h₋₁ Wᵀ,  c = σ(f) c₋₁ + σ(i) tanh(g),  h = σ(o) tanh(c)</code>
    /// Going back, the gates' gradients alone need the steps' order: dW is then one product, Σ dgatesᵀ h₋₁ over all steps.
    /// Shapes: what the gates get from the inputs x (t, b, 4h), W (4h, h), first states (b, h) → every h (t, b, h) and the last c (b, h).
    /// </summary>
    /// <param name="backwards">Whether the last step comes first.</param>
    public static (Tensor H, Tensor C) Lstm(Tensor x, Tensor weight, Tensor h, Tensor c, bool backwards = false)
    {
        CheckLstm(x, weight, h, c);
        int steps = x.Shape[0], b = x.Shape[1], n = weight.Shape[1];
        (x, h, c) = (x.Contiguous(), h.Contiguous(), c.Contiguous());

        Tensor[] inputs = [x, weight, h, c];
        bool keep = Recording && Array.Exists(inputs, t => t.RequiresGrad);

        // h₀ lies before the outputs (behind them, if the last step comes first): every step's h₋₁ is beside its h. The last c is last.
        var states = Empty([steps + 2, b, n], x.DType, x.Device);
        Tensor? activated = keep ? Like(x) : null;
        Tensor packed = x.Device.PackForSteps(weight.Detach().Transpose(), 4), cells = Empty([keep ? steps : 1, b, n], x.DType, x.Device);
        int first = backwards ? 0 : 1, start = backwards ? steps : 0, end = backwards ? 0 : steps - 1;
        x.Device.Copy(h, StepOf(states, start));
        foreach (int t in Order(steps, backwards))
            x.Device.LstmStep(StepOf(x, t), StepOf(states, Before(t) + first), packed, CellBefore(t), StepOf(states, t + first), CellOf(t),
                keep ? StepOf(activated!, t) : null);
        x.Device.Copy(CellOf(end), StepOf(states, steps + 1));

        var parts = Record(states, inputs, dy => Recording ? PullTwin(t => ComposedLstm(t, backwards), inputs, dy) : Back(dy.Contiguous())).Split(
            backwards ? [steps, 1, 1] : [1, steps, 1]);
        return (parts[first], parts[2].Squeeze(0));

        int Before(int t) => backwards ? t + 1 : t - 1;
        Tensor CellOf(int t) => StepOf(cells, keep ? t : 0);
        Tensor CellBefore(int t) => Before(t) >= 0 && Before(t) < steps ? CellOf(Before(t)) : c;

        Tensor?[] Back(Tensor dy)
        {
            var device = dy.Device;
            Tensor dgates = Like(x, "Lstm"), dh = Like(h, "Lstm"), dc = Like(c, "Lstm"), packed = device.PackForSteps(weight.Detach(), 1);
            device.Copy(StepOf(dy, steps + 1), dc);
            Tensor? later = null;
            foreach (int t in Order(steps, !backwards))
            {
                var now = StepOf(dgates, t);
                device.LstmStepBackward(StepOf(dy, t + first), later, packed, StepOf(activated!, t), CellBefore(t), CellOf(t), dc, now);
                later = now;
            }
            device.MatMul(later!, weight, dh);        // h₀ is given to no one: its place in dy has zeros
            var before = states.Detach().Slice(0, backwards ? 1 : 0, steps).Reshape(steps * b, n);      // every h₋₁
            var dweight = weight.RequiresGrad ? dgates.Reshape(steps * b, 4 * n).Transpose().MatMul(before) : null;
            return [dgates, dweight, dh, dc];
        }
    }

    static IEnumerable<int> Order(int steps, bool backwards) => Enumerable.Range(0, steps).Select(i => backwards ? steps - 1 - i : i);

    // Step t of a contiguous (steps, …), unrecorded.
    static Tensor StepOf(Tensor x, int t) => x.View(x.Shape[1..], null, x.Offset + t * x.Shape[1..].Count);

    static void CheckLstm(Tensor x, Tensor weight, Tensor h, Tensor c)
    {
        const string op = "Lstm";
        x.CheckFloat(op);
        foreach (var other in (ReadOnlySpan<Tensor>)[weight, h, c]) CheckPair(x, other, op);
        if (x.Rank != 3 || x.Shape[0] == 0 || weight.Rank != 2 || x.Shape[2] != weight.Shape[0] || weight.Shape[0] != 4 * weight.Shape[1]
            || h.Shape != Shape.Create(x.Shape[1], weight.Shape[1]) || c.Shape != h.Shape)
            throw new ArgumentException($"{op}: gates {x.Shape}, weight {weight.Shape} and states {h.Shape} and {c.Shape}: " +
                "they must be (t, b, 4h) with at least one step, (4h, h) and (b, h)");
    }

    // the states as Lstm keeps them
    static Tensor ComposedLstm(Tensor[] inputs, bool backwards)
    {
        var (x, weight, h, c) = (inputs[0], inputs[1], inputs[2], inputs[3]);
        var states = new Tensor[x.Shape[0]];
        Tensor first = h;
        foreach (int t in Order(states.Length, backwards))
        {
            (h, c) = ComposedLstmCell(x.Select(0, t) + h.MatMul(weight.Transpose()), c);
            states[t] = h;
        }
        return Stack(backwards ? [.. states, first, c] : [first, .. states, c]);
    }

    static Case[] LstmCases =>
    [
        Case.Of(t => Both(Lstm(t[0], t[1], t[2], t[3])), [[3, 2, 12], [12, 3], [2, 3], [2, 3]]) with
        {
            Twin = t => Both(Parts(ComposedLstm(t, backwards: false), 1)), Bench = [[20, 32, 1024], [1024, 256], [32, 256], [32, 256]],
        },
        Case.Of(t => Both(Lstm(t[0], t[1], t[2], t[3], backwards: true)), [[3, 1, 8], [8, 2], [1, 2], [1, 2]]) with
        {
            Twin = t => Both(Parts(ComposedLstm(t, backwards: true), 0)),
        },
        Case.Of(t => Lstm(t[0], t[1], t[2], t[3]).C, [[1, 2, 4], [4, 1], [2, 1], [2, 1]]),
    ];

    static Tensor Both((Tensor H, Tensor C) states) => Concat([states.H, states.C.Unsqueeze(0)]);
    static (Tensor H, Tensor C) Parts(Tensor states, int first) => (states.Slice(0, first, states.Shape[0] - 2), states.Select(0, -1));
}
