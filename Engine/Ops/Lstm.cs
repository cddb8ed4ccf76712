using static NanoAttention.Reverse;

namespace NanoAttention;

public sealed partial class Tensor
{
    /// <summary>
    /// An LSTM over a whole sequence (Hochreiter and Schmidhuber 1997), steps that <see cref="LstmCell"/> takes one by one, in one:
    /// <code>[i f g o] = x W_ihᵀ + bias + h₋₁ W_hhᵀ,  c = σ(f) c₋₁ + σ(i) tanh(g),  h = σ(o) tanh(c)</code>
    /// Going back, the gates' gradients alone need the steps' order: dW are then products over all steps, dW_hh = Σ dgatesᵀ h₋₁.
    /// Shapes: x (t, b, in), W_ih (4h, in), W_hh (4h, h), bias (4h), first states (b, h) → every h (t, b, h) and the last c (b, h).
    /// </summary>
    /// <param name="backwards">Whether the last step comes first.</param>
    public static (Tensor H, Tensor C) Lstm(Tensor x, Tensor weightIh, Tensor weightHh, Tensor? bias, Tensor h, Tensor c,
        bool backwards = false)
    {
        CheckRecurrent("Lstm", 4, x, weightIh, weightHh, [bias], h, c);
        int steps = x.Shape[0], b = x.Shape[1], n = weightHh.Shape[1];
        (x, h, c, bias) = (x.Contiguous(), h.Contiguous(), c.Contiguous(), bias?.Contiguous());
        Tensor[] inputs = [x, weightIh, weightHh, h, c, .. bias is null ? [] : (Tensor[])[bias]];
        bool keep = WillRecord(inputs);
        var order = new StepOrder(steps, backwards);

        // The gates take the memory of what they get from the inputs. The last c lies behind the states; one that is not kept makes room
        // for the next.
        Tensor? activated = keep ? Empty([steps, b, 4 * n], x.DType, x.Device) : null;
        Tensor states = Empty([steps + 2, b, n], x.DType, x.Device), cells = Empty([keep ? steps : 1, b, n], x.DType, x.Device);
        var packed = x.Device.PackForSteps(weightHh.Detach().Transpose(), 4);
        x.Device.Copy(h, StepOf(states, order.Start));
        EachStep(order, 4, x, weightIh, bias, activated, (t, gates) =>
            x.Device.LstmStep(gates, StepOf(states, order.Before(t)), packed, CellBefore(t),
                StepOf(states, order.State(t)), CellOf(t), keep ? gates : null));
        x.Device.Copy(CellOf(order.End), StepOf(states, steps + 1));

        var parts = Record(states, inputs, dy => Recording ? PullTwin(t => ComposedLstm(t, backwards), inputs, dy) : Back(dy.Contiguous()))
            .Split(backwards ? [steps, 1, 1] : [1, steps, 1]);
        return (parts[order.First], parts[2].Squeeze(0));

        Tensor CellOf(int t) => StepOf(cells, keep ? t : 0);
        Tensor CellBefore(int t) => order.Before(t) == order.Start ? c : CellOf(backwards ? t + 1 : t - 1);

        Tensor?[] Back(Tensor dy)
        {
            var device = dy.Device;
            Tensor dgates = Like(activated!, "Lstm"), dh = Like(h, "Lstm"), dc = Like(c, "Lstm");
            var packed = device.PackForSteps(weightHh.Detach(), 1);
            device.Copy(StepOf(dy, steps + 1), dc);
            Tensor? later = null;
            foreach (int t in order.Backward)
            {
                var now = StepOf(dgates, t);
                device.LstmStepBackward(StepOf(dy, order.State(t)), later, packed, StepOf(activated!, t),
                    CellBefore(t), CellOf(t), dc, now);
                later = now;
            }
            device.MatMul(later!, weightHh, dh);        // h₀ is given to no one: its place in dy has zeros
            var (dx, dweight, dbias) = InputGradients(x, weightIh, bias, dgates);
            Tensor?[] all = [dx, dweight, StateWeightGradient(weightHh, dgates, states, order), dh, dc, dbias];
            return all[..inputs.Length];
        }
    }

    // the states as Lstm keeps them
    static Tensor ComposedLstm(Tensor[] t, bool backwards)
    {
        var (x, weightIh, weightHh, h, c, bias) = (t[0], t[1], t[2], t[3], t[4], t.Length > 5 ? t[5] : null);
        var states = ComposedStates(x.Linear(weightIh, bias), h, backwards, (input, state) =>
        {
            (state, c) = ComposedLstmCell(state.Linear(weightHh, input), c);
            return state;
        });
        return Concat([states, c.Unsqueeze(0)]);
    }

    static Case[] LstmCases =>
    [
        Case.Of(t => Both(Lstm(t[0], t[1], t[2], t[5], t[3], t[4])), [[3, 2, 5], [12, 5], [12, 3], [2, 3], [2, 3], [12]]) with
        {
            Twin = t => Both(Parts(ComposedLstm(t, backwards: false), 1)),
            Bench = [[20, 32, 128], [1024, 128], [1024, 256], [32, 256], [32, 256], [1024]],
        },
        Case.Of(t => Both(Lstm(t[0], t[1], t[2], null, t[3], t[4], backwards: true)), [[3, 1, 3], [8, 3], [8, 2], [1, 2], [1, 2]]) with
        {
            Twin = t => Both(Parts(ComposedLstm(t, backwards: true), 0)),
        },
        Case.Of(t => Lstm(t[0], t[1], t[2], t[5], t[3], t[4]).C, [[1, 2, 1], [4, 1], [4, 1], [2, 1], [2, 1], [4]]),
        Case.Of(t => Lstm(t[0], t[1], t[2], null, t[3], t[4], backwards: true).H, [[5, 50, 2], [4, 2], [4, 1], [50, 1], [50, 1]]),
    ];

    static Tensor Both((Tensor H, Tensor C) states) => Concat([states.H, states.C.Unsqueeze(0)]);
    static (Tensor H, Tensor C) Parts(Tensor states, int first) => (states.Slice(0, first, states.Shape[0] - 2), states.Select(0, -1));
}
