using NanoAttention.Kernels;
using static NanoAttention.Reverse;

namespace NanoAttention;

public sealed partial class Tensor
{
    /// <summary>
    /// A plain recurrent network over a whole sequence (Elman 1990) as one operation:
    /// <code>h = tanh(x + h₋₁ Wᵀ)</code>
    /// Shapes: what the units get from the inputs x (t, b, h), W (h, h), first state (b, h) → every h (t, b, h).
    /// </summary>
    /// <param name="relu">max(0, ·) in the place of tanh.</param>
    /// <param name="backwards">Whether the last step comes first.</param>
    public static Tensor Rnn(Tensor x, Tensor weight, Tensor h, bool relu = false, bool backwards = false) =>
        relu ? Rnn(default(ReluFormula), x, weight, h, backwards) : Rnn(default(TanhFormula), x, weight, h, backwards);

    static Tensor Rnn<F>(F f, Tensor x, Tensor weight, Tensor h, bool backwards) where F : struct, IUnary
    {
        CheckRecurrent("Rnn", 1, x, weight, [h]);
        int steps = x.Shape[0], b = x.Shape[1], n = weight.Shape[1];
        (x, h) = (x.Contiguous(), h.Contiguous());
        Tensor[] inputs = [x, weight, h];
        var order = new StepOrder(steps, backwards);
        Tensor states = Empty([steps + 1, b, n], x.DType, x.Device), packed = x.Device.PackForSteps(weight.Detach().Transpose(), 1);
        x.Device.Copy(h, StepOf(states, order.Start));
        foreach (int t in order.Forward) x.Device.RnnStep(f, StepOf(x, t), StepOf(states, order.Before(t)), packed, StepOf(states, order.State(t)));
        return Record(states, inputs, dy => Recording ? PullTwin(t => ComposedRnn(f, t, backwards), inputs, dy) : Back(dy.Contiguous()), "Rnn").Slice(0, order.First, steps);

        Tensor?[] Back(Tensor dy)
        {
            var device = dy.Device;
            Tensor dx = Like(x, "Rnn"), dh = Like(h, "Rnn"), packed = device.PackForSteps(weight.Detach(), 1);
            Tensor? later = null;
            foreach (int t in order.Backward)
            {
                var now = StepOf(dx, t);
                device.RnnStepBackward(f, StepOf(dy, order.State(t)), later, packed, StepOf(states, order.State(t)), now);
                later = now;
            }
            device.MatMul(later!, weight, dh);
            return [dx, WeightGradient(weight, dx, states, order), dh];
        }
    }

    // the states as Rnn keeps them
    static Tensor ComposedRnn<F>(F f, Tensor[] inputs, bool backwards) where F : struct, IUnary =>
        ComposedStates(inputs[0], inputs[2], backwards, (input, state) => state.Linear(inputs[1], input).Map(f));

    static Case[] RnnCases =>
    [
        Case.Of((x, w, h) => Rnn(x, w, h), [3, 2, 4], [4, 4], [2, 4]) with
        {
            Twin = t => ComposedRnn(default(TanhFormula), t, backwards: false).Slice(0, 1, 3), Bench = [[20, 32, 256], [256, 256], [32, 256]],
        },
        Case.Of((x, w, h) => Rnn(x, w, h, backwards: true), [3, 1, 2], [2, 2], [1, 2]),
        Case.Of((x, w, h) => Rnn(x, w, h, relu: true), [2, 2, 3], [3, 3], [2, 3]) with
        {
            Twin = t => ComposedRnn(default(ReluFormula), t, backwards: false).Slice(0, 1, 2),
        },
    ];
}
