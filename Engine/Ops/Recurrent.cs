using static NanoAttention.Reverse;

namespace NanoAttention;

// What Lstm, Gru and Rnn share.
public sealed partial class Tensor
{
    /// <summary>
    /// The order of a sequence's steps, and where its states lie: the first one before those of the steps, or behind them where the last
    /// step comes first, so that every step's h₋₁ is beside its h.
    /// </summary>
    readonly record struct StepOrder(int Steps, bool Backwards)
    {
        /// <summary>The place of the first state.</summary>
        public int Start => Backwards ? Steps : 0;

        /// <summary>The place of step 0's state.</summary>
        public int First => Backwards ? 0 : 1;

        /// <summary>The place of the first of all h₋₁.</summary>
        public int FirstBefore => 1 - First;

        /// <summary>The step that comes last.</summary>
        public int End => Backwards ? 0 : Steps - 1;

        public int State(int t) => t + First;
        public int Before(int t) => t + FirstBefore;

        public IEnumerable<int> Forward => Order(Backwards);
        public IEnumerable<int> Backward => Order(!Backwards);

        IEnumerable<int> Order(bool down)
        {
            int steps = Steps;
            return Enumerable.Range(0, steps).Select(i => down ? steps - 1 - i : i);
        }
    }

    // Step t of a contiguous (steps, …), unrecorded.
    static Tensor StepOf(Tensor x, int t) => x.View(x.Shape[1..], null, x.Offset + t * x.Shape[1..].Count);

    // Σ dproductsᵀ h₋₁ over all steps, in one product
    static Tensor? WeightGradient(Tensor weight, Tensor dproducts, Tensor states, StepOrder order)
    {
        if (!weight.RequiresGrad) return null;
        int rows = order.Steps * states.Shape[1];
        var before = states.Detach().Slice(0, order.FirstBefore, order.Steps).Reshape(rows, states.Shape[2]);
        return dproducts.Reshape(rows, weight.Shape[0]).Transpose().MatMul(before);
    }

    static bool WillRecord(Tensor[] inputs) => Recording && Array.Exists(inputs, x => x.RequiresGrad);

    static Tensor ComposedStates(Tensor x, Tensor h, bool backwards, Func<Tensor, Tensor, Tensor> step)
    {
        var order = new StepOrder(x.Shape[0], backwards);
        var states = new Tensor[x.Shape[0] + 1];
        states[order.Start] = h;
        foreach (int t in order.Forward) states[order.State(t)] = h = step(x.Select(0, t), h);
        return Stack(states);
    }

    static void CheckRecurrent(string op, int gates, Tensor x, Tensor weight, Tensor[] states, Tensor? bias = null)
    {
        x.CheckFloat(op);
        foreach (var other in (Tensor[])[weight, .. states]) CheckPair(x, other, op);
        if (bias is not null) CheckPair(x, bias, op);
        if (x.Rank == 3 && x.Shape[0] > 0 && weight.Rank == 2 && x.Shape[2] == weight.Shape[0] && weight.Shape[0] == gates * weight.Shape[1]
            && states.All(s => s.Shape == Shape.Create(x.Shape[1], weight.Shape[1])) && (bias is null || bias.Shape == weight.Shape[..1])) return;
        string size = gates == 1 ? "h" : $"{gates}h";
        throw new ArgumentException($"{op}: gates {x.Shape}, weight {weight.Shape}{(bias is null ? "" : $", bias {bias.Shape}")} and states " +
            $"{string.Join(" and ", states.Select(s => s.Shape))}: they must be (t, b, {size}) with at least one step, ({size}, h){(bias is null ? "" : $", ({size})")} and (b, h)");
    }
}
