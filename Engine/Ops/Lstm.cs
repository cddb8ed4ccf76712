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
        CheckRecurrent("Lstm", 4, x, weight, [h, c]);
        int steps = x.Shape[0], b = x.Shape[1], n = weight.Shape[1];
        (x, h, c) = (x.Contiguous(), h.Contiguous(), c.Contiguous());
        Tensor[] inputs = [x, weight, h, c];
        bool keep = WillRecord(inputs);
        var order = new StepOrder(steps, backwards);

        // The last c lies behind the states. A c that is not kept gives its memory to the next.
        Tensor? activated = keep ? Like(x) : null;
        Tensor states = Empty([steps + 2, b, n], x.DType, x.Device), cells = Empty([keep ? steps : 1, b, n], x.DType, x.Device);
        var packed = x.Device.PackForSteps(weight.Detach().Transpose(), 4);
        x.Device.Copy(h, StepOf(states, order.Start));
        foreach (int t in order.Forward)
            x.Device.LstmStep(StepOf(x, t), StepOf(states, order.Before(t)), packed, CellBefore(t), StepOf(states, order.State(t)), CellOf(t),
                activated is null ? null : StepOf(activated, t));
        x.Device.Copy(CellOf(order.End), StepOf(states, steps + 1));

        var parts = Record(states, inputs, dy => Recording ? PullTwin(t => ComposedLstm(t, backwards), inputs, dy) : Back(dy.Contiguous())).Split(
            backwards ? [steps, 1, 1] : [1, steps, 1]);
        return (parts[order.First], parts[2].Squeeze(0));

        Tensor CellOf(int t) => StepOf(cells, keep ? t : 0);
        Tensor CellBefore(int t) => order.Before(t) == order.Start ? c : CellOf(backwards ? t + 1 : t - 1);

        Tensor?[] Back(Tensor dy)
        {
            var device = dy.Device;
            Tensor dgates = Like(x, "Lstm"), dh = Like(h, "Lstm"), dc = Like(c, "Lstm"), packed = device.PackForSteps(weight.Detach(), 1);
            device.Copy(StepOf(dy, steps + 1), dc);
            Tensor? later = null;
            foreach (int t in order.Backward)
            {
                var now = StepOf(dgates, t);
                device.LstmStepBackward(StepOf(dy, order.State(t)), later, packed, StepOf(activated!, t), CellBefore(t), CellOf(t), dc, now);
                later = now;
            }
            device.MatMul(later!, weight, dh);        // h₀ is given to no one: its place in dy has zeros
            return [dgates, WeightGradient(weight, dgates, states, order), dh, dc];
        }
    }

    // the states as Lstm keeps them
    static Tensor ComposedLstm(Tensor[] inputs, bool backwards)
    {
        var (x, weight, h, c) = (inputs[0], inputs[1], inputs[2], inputs[3]);
        var states = ComposedStates(x, h, backwards, (input, state) =>
        {
            (state, c) = ComposedLstmCell(input + state.MatMul(weight.Transpose()), c);
            return state;
        });
        return Concat([states, c.Unsqueeze(0)]);
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
