using NanoAttention.Kernels;
using static NanoAttention.Reverse;

namespace NanoAttention;

public sealed partial class Tensor
{
    /// <summary>
    /// A plain recurrent network over a whole sequence (Elman 1990) as one operation:
    /// <code>h = tanh(x W_ihᵀ + bias + h₋₁ W_hhᵀ)</code>
    /// Shapes: x (t, b, in), W_ih (h, in), W_hh (h, h), bias (h), first state (b, h) → every h (t, b, h).
    /// </summary>
    /// <param name="relu">max(0, ·) in the place of tanh.</param>
    /// <param name="backwards">Whether the last step comes first.</param>
    public static Tensor Rnn(Tensor x, Tensor weightIh, Tensor weightHh, Tensor? bias, Tensor h, bool relu = false, bool backwards = false) =>
        relu ? Rnn(default(ReluFormula), x, weightIh, weightHh, bias, h, backwards) : Rnn(default(TanhFormula), x, weightIh, weightHh, bias, h, backwards);

    static Tensor Rnn<F>(F f, Tensor x, Tensor weightIh, Tensor weightHh, Tensor? bias, Tensor h, bool backwards) where F : struct, IUnary
    {
        CheckRecurrent("Rnn", 1, x, weightIh, weightHh, [bias], h);
        int steps = x.Shape[0], b = x.Shape[1], n = weightHh.Shape[1];
        (x, h, bias) = (x.Contiguous(), h.Contiguous(), bias?.Contiguous());
        Tensor[] inputs = [x, weightIh, weightHh, h, .. bias is null ? [] : (Tensor[])[bias]];
        var order = new StepOrder(steps, backwards);
        Tensor states = Empty([steps + 1, b, n], x.DType, x.Device), packed = x.Device.PackForSteps(weightHh.Detach().Transpose(), 1);
        x.Device.Copy(h, StepOf(states, order.Start));
        EachStep(order, 1, x, weightIh, bias, null, (t, input) => x.Device.RnnStep(f, input, StepOf(states, order.Before(t)), packed, StepOf(states, order.State(t))));
        return Record(states, inputs, dy => Recording ? PullTwin(t => ComposedRnn(f, t, backwards), inputs, dy) : Back(dy.Contiguous()), "Rnn").Slice(0, order.First, steps);

        Tensor?[] Back(Tensor dy)
        {
            var device = dy.Device;
            Tensor dsums = Empty([steps, b, n], x.DType, device, "Rnn"), dh = Like(h, "Rnn"), packed = device.PackForSteps(weightHh.Detach(), 1);
            Tensor? later = null;
            foreach (int t in order.Backward)
            {
                var now = StepOf(dsums, t);
                device.RnnStepBackward(f, StepOf(dy, order.State(t)), later, packed, StepOf(states, order.State(t)), now);
                later = now;
            }
            device.MatMul(later!, weightHh, dh);
            var (dx, dweight, dbias) = InputGradients(x, weightIh, bias, dsums);
            Tensor?[] all = [dx, dweight, StateWeightGradient(weightHh, dsums, states, order), dh, dbias];
            return all[..inputs.Length];
        }
    }

    // the states as Rnn keeps them
    static Tensor ComposedRnn<F>(F f, Tensor[] t, bool backwards) where F : struct, IUnary =>
        ComposedStates(t[0].Linear(t[1], t.Length > 4 ? t[4] : null), t[3], backwards, (input, state) => state.Linear(t[2], input).Map(f));

    static Case[] RnnCases =>
    [
        Case.Of(t => Rnn(t[0], t[1], t[2], t[4], t[3]), [[3, 2, 5], [4, 5], [4, 4], [2, 4], [4]]) with
        {
            Twin = t => ComposedRnn(default(TanhFormula), t, backwards: false).Slice(0, 1, 3), Bench = [[20, 32, 128], [256, 128], [256, 256], [32, 256], [256]],
        },
        Case.Of(t => Rnn(t[0], t[1], t[2], null, t[3], backwards: true), [[3, 1, 3], [2, 3], [2, 2], [1, 2]]),
        Case.Of(t => Rnn(t[0], t[1], t[2], null, t[3], relu: true), [[2, 2, 2], [3, 2], [3, 3], [2, 3]]) with
        {
            Twin = t => ComposedRnn(default(ReluFormula), t, backwards: false).Slice(0, 1, 2),
        },
    ];
}
