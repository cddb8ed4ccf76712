using static NanoAttention.Reverse;

namespace NanoAttention;

public sealed partial class Tensor
{
    /// <summary>
    /// A GRU over a whole sequence (Cho et al. 2014), steps that <see cref="GruCell"/> takes one by one, as one operation. Going back, dW
    /// are products over all steps, as in <see cref="Lstm"/>. Shapes: x (t, b, in), W_ih (3h, in), W_hh (3h, h), the biases of their
    /// products (3h), first state (b, h) → every h (t, b, h).
    /// </summary>
    /// <param name="backwards">Whether the last step comes first.</param>
    public static Tensor Gru(Tensor x, Tensor weightIh, Tensor weightHh, Tensor? biasIh, Tensor? biasHh, Tensor h, bool backwards = false)
    {
        CheckRecurrent("Gru", 3, x, weightIh, weightHh, [biasIh, biasHh], h);
        if (biasIh is null != biasHh is null) throw new ArgumentException("Gru: only one of its two biases is given");
        int steps = x.Shape[0], b = x.Shape[1], n = weightHh.Shape[1];
        (x, h, biasIh, biasHh) = (x.Contiguous(), h.Contiguous(), biasIh?.Contiguous(), biasHh?.Contiguous());
        Tensor[] inputs = [x, weightIh, weightHh, h, .. biasIh is null ? [] : (Tensor[])[biasIh, biasHh!]];
        var order = new StepOrder(steps, backwards);
        Tensor? kept = WillRecord(inputs) ? Empty([steps, b, 4 * n], x.DType, x.Device) : null;
        Tensor states = Empty([steps + 1, b, n], x.DType, x.Device), packed = x.Device.PackForSteps(weightHh.Detach().Transpose(), 3);
        x.Device.Copy(h, StepOf(states, order.Start));
        EachStep(order, 3, x, weightIh, biasIh, null, (t, gates) =>
            x.Device.GruStep(gates, StepOf(states, order.Before(t)), packed, biasHh,
                StepOf(states, order.State(t)), kept is null ? null : StepOf(kept, t)));
        return Record(states, inputs, dy => Recording ? PullTwin(t => ComposedGru(t, backwards), inputs, dy) : Back(dy.Contiguous()))
            .Slice(0, order.First, steps);

        Tensor?[] Back(Tensor dy)
        {
            var device = dy.Device;
            Tensor dgates = Empty([steps, b, 3 * n], x.DType, device, "Gru"), dproducts = Like(dgates, "Gru");
            Tensor direct = Like(h, "Gru"), dh = Like(h, "Gru");
            var packed = device.PackForSteps(weightHh.Detach(), 1);
            device.Fill(direct, 0);
            Tensor? later = null;
            foreach (int t in order.Backward)
            {
                var now = StepOf(dproducts, t);
                device.GruStepBackward(StepOf(dy, order.State(t)), later, packed, StepOf(kept!, t),
                    StepOf(states, order.Before(t)), direct, StepOf(dgates, t), now);
                later = now;
            }
            device.MatMul(later!, weightHh, dh, plus: direct);
            var (dx, dweight, dbias) = InputGradients(x, weightIh, biasIh, dgates);
            var dbiasHh = biasHh is { RequiresGrad: true } ? dproducts.SumTo(biasHh.Shape) : null;
            Tensor?[] all = [dx, dweight, StateWeightGradient(weightHh, dproducts, states, order), dh, dbias, dbiasHh];
            return all[..inputs.Length];
        }
    }

    /// <summary>
    /// One step of a GRU in PyTorch's form, whose gate r is applied behind the product; the rows of W are those of r, z and n:
    /// <code>y = h Wᵀ + b,  r = σ(xᵣ + yᵣ),  z = σ(x_z + y_z),  n = tanh(x_n + r y_n),  h′ = n + z (h − n)</code>
    /// Shapes: what the gates get from the input x (b, 3h), state (b, h), W (3h, h), b (3h) → h′ (b, h).
    /// </summary>
    public static Tensor GruCell(Tensor x, Tensor h, Tensor weight, Tensor? bias = null)
    {
        if (x.Rank != 2 || h.Rank != 2 || x.Shape[0] != h.Shape[0] || x.Shape[1] != 3 * h.Shape[1]
            || weight.Shape != Shape.Create(x.Shape[1], h.Shape[1]))
            throw new ArgumentException($"GruCell: gates {x.Shape}, state {h.Shape} and weight {weight.Shape}: "
                + "they must be (b, 3h), (b, h) and (3h, h)");
        int n = h.Shape[1];
        Tensor[] input = x.Split([2 * n, n], 1), y = h.Linear(weight, bias).Split([2 * n, n], 1);
        var gates = (input[0] + y[0]).Sigmoid().Split([n, n], 1);
        var fresh = (input[1] + gates[0] * y[1]).Tanh();
        return fresh + gates[1] * (h - fresh);
    }

    // the states as Gru keeps them
    static Tensor ComposedGru(Tensor[] t, bool backwards)
    {
        var (x, weightIh, weightHh, h, biasIh, biasHh) = (t[0], t[1], t[2], t[3], t.Length > 4 ? t[4] : null, t.Length > 5 ? t[5] : null);
        return ComposedStates(x.Linear(weightIh, biasIh), h, backwards, (input, state) => GruCell(input, state, weightHh, biasHh));
    }

    static Case[] GruCases =>
    [
        Case.Of(t => Gru(t[0], t[1], t[2], t[4], t[5], t[3]), [[3, 2, 5], [9, 5], [9, 3], [2, 3], [9], [9]]) with
        {
            Twin = t => ComposedGru(t, backwards: false).Slice(0, 1, 3),
            Bench = [[20, 32, 128], [768, 128], [768, 256], [32, 256], [768], [768]],
        },
        Case.Of(t => Gru(t[0], t[1], t[2], null, null, t[3], backwards: true), [[3, 1, 3], [6, 3], [6, 2], [1, 2]]) with
        {
            Twin = t => ComposedGru(t, backwards: true).Slice(0, 0, 3),
        },
        Case.Of(t => Gru(t[0], t[1], t[2], t[4], t[5], t[3]), [[1, 2, 1], [3, 1], [3, 1], [2, 1], [3], [3]]),
        Case.Of(t => GruCell(t[0], t[1], t[2], t[3]), [[2, 9], [2, 3], [9, 3], [9]]),
    ];
}
