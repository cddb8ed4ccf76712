using static NanoAttention.Reverse;

namespace NanoAttention;

public sealed partial class Tensor
{
    /// <summary>
    /// A GRU over a whole sequence (Cho et al. 2014), steps that <see cref="GruCell"/> takes one by one, as one operation. Going back, dW
    /// is one product over all steps, as in <see cref="Lstm"/>. Shapes: what the gates get from the inputs x (t, b, 3h), W (3h, h), the
    /// bias of its product (3h), first state (b, h) → every h (t, b, h).
    /// </summary>
    /// <param name="backwards">Whether the last step comes first.</param>
    public static Tensor Gru(Tensor x, Tensor weight, Tensor? bias, Tensor h, bool backwards = false)
    {
        CheckRecurrent("Gru", 3, x, weight, [h], bias);
        int steps = x.Shape[0], b = x.Shape[1], n = weight.Shape[1];
        (x, h, bias) = (x.Contiguous(), h.Contiguous(), bias?.Contiguous());
        Tensor[] inputs = bias is null ? [x, weight, h] : [x, weight, h, bias];
        var order = new StepOrder(steps, backwards);
        Tensor? kept = WillRecord(inputs) ? Empty([steps, b, 4 * n], x.DType, x.Device) : null;
        Tensor states = Empty([steps + 1, b, n], x.DType, x.Device), packed = x.Device.PackForSteps(weight.Detach().Transpose(), 3);
        x.Device.Copy(h, StepOf(states, order.Start));
        foreach (int t in order.Forward)
            x.Device.GruStep(StepOf(x, t), StepOf(states, order.Before(t)), packed, bias, StepOf(states, order.State(t)), kept is null ? null : StepOf(kept, t));
        return Record(states, inputs, dy => Recording ? PullTwin(t => ComposedGru(t, backwards), inputs, dy) : Back(dy.Contiguous())).Slice(0, order.First, steps);

        Tensor?[] Back(Tensor dy)
        {
            var device = dy.Device;
            Tensor dx = Like(x, "Gru"), dproducts = Like(x, "Gru"), direct = Like(h, "Gru"), dh = Like(h, "Gru"), packed = device.PackForSteps(weight.Detach(), 1);
            device.Fill(direct, 0);
            Tensor? later = null;
            foreach (int t in order.Backward)
            {
                var now = StepOf(dproducts, t);
                device.GruStepBackward(StepOf(dy, order.State(t)), later, packed, StepOf(kept!, t), StepOf(states, order.Before(t)), direct, StepOf(dx, t), now);
                later = now;
            }
            device.MatMul(later!, weight, dh, plus: direct);
            Tensor? dbias = bias is { RequiresGrad: true } ? dproducts.SumTo(bias.Shape) : null;
            return bias is null ? [dx, WeightGradient(weight, dproducts, states, order), dh] : [dx, WeightGradient(weight, dproducts, states, order), dh, dbias];
        }
    }

    /// <summary>
    /// One step of a GRU in PyTorch's form, whose gate r is applied behind the product; the rows of W are those of r, z and n:
    /// <code>y = h Wᵀ + b,  r = σ(xᵣ + yᵣ),  z = σ(x_z + y_z),  n = tanh(x_n + r y_n),  h′ = n + z (h − n)</code>
    /// Shapes: what the gates get from the input x (b, 3h), state (b, h), W (3h, h), b (3h) → h′ (b, h).
    /// </summary>
    public static Tensor GruCell(Tensor x, Tensor h, Tensor weight, Tensor? bias = null)
    {
        if (x.Rank != 2 || h.Rank != 2 || x.Shape[0] != h.Shape[0] || x.Shape[1] != 3 * h.Shape[1] || weight.Shape != Shape.Create(x.Shape[1], h.Shape[1]))
            throw new ArgumentException($"GruCell: gates {x.Shape}, state {h.Shape} and weight {weight.Shape}: they must be (b, 3h), (b, h) and (3h, h)");
        int n = h.Shape[1];
        Tensor[] input = x.Split([2 * n, n], 1), y = h.Linear(weight, bias).Split([2 * n, n], 1);
        var gates = (input[0] + y[0]).Sigmoid().Split([n, n], 1);
        var fresh = (input[1] + gates[0] * y[1]).Tanh();
        return fresh + gates[1] * (h - fresh);
    }

    // the states as Gru keeps them
    static Tensor ComposedGru(Tensor[] inputs, bool backwards)
    {
        var (x, weight, h, bias) = (inputs[0], inputs[1], inputs[2], inputs.Length > 3 ? inputs[3] : null);
        return ComposedStates(x, h, backwards, (input, state) => GruCell(input, state, weight, bias));
    }

    static Case[] GruCases =>
    [
        Case.Of(t => Gru(t[0], t[1], t[2], t[3]), [[3, 2, 9], [9, 3], [9], [2, 3]]) with
        {
            Twin = t => ComposedGru([t[0], t[1], t[3], t[2]], backwards: false).Slice(0, 1, 3), Bench = [[20, 32, 768], [768, 256], [768], [32, 256]],
        },
        Case.Of((x, w, h) => Gru(x, w, null, h, backwards: true), [3, 1, 6], [6, 2], [1, 2]) with { Twin = t => ComposedGru(t, backwards: true).Slice(0, 0, 3) },
        Case.Of(t => Gru(t[0], t[1], t[2], t[3]), [[1, 2, 3], [3, 1], [3], [2, 1]]),
        Case.Of(t => GruCell(t[0], t[1], t[2], t[3]), [[2, 9], [2, 3], [9, 3], [9]]),
    ];
}
