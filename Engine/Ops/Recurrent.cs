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

    /// <summary>
    /// Goes through the steps in order with what each gets from its input, x W_ihᵀ + bias. One product serves some steps at a time: enough
    /// to be worth one, few enough that what it leaves is still in the cache when its steps come.
    /// </summary>
    /// <param name="all">Receives all of it, (t, b, gates · h); null: it is not kept.</param>
    static void EachStep(StepOrder order, int gates, Tensor x, Tensor weight, Tensor? bias, Tensor? all, Action<int, Tensor> step)
    {
        const int rowsTogether = 128;
        int steps = order.Steps, batch = x.Shape[1], width = weight.Shape[0], inputs = weight.Shape[1];
        int together = Math.Clamp(rowsTogether / Math.Max(1, batch), 1, steps);
        Tensor packed = x.Device.PackForSteps(weight.Detach().Transpose(), gates), room = all ?? Empty([together, batch, width], x.DType, x.Device, "Recurrent");
        for (int done = 0; done < steps; done += together)
        {
            int count = Math.Min(together, steps - done), first = order.Backwards ? steps - done - count : done, rows = count * batch;
            int at = room.Offset + (all is null ? 0 : first * batch * width);
            var sums = room.View([rows, width], null, at);
            x.Device.StepInputs(x.View([rows, inputs], null, x.Offset + first * batch * inputs), packed, bias, sums, gates);
            foreach (int i in new StepOrder(count, order.Backwards).Forward) step(first + i, room.View([batch, width], null, at + i * batch * width));
        }
    }

    // Step t of a contiguous (steps, …), unrecorded.
    static Tensor StepOf(Tensor x, int t) => x.View(x.Shape[1..], null, x.Offset + t * x.Shape[1..].Count);

    // dx, dW_ih and dbias from the gradient of what the steps got from their inputs
    static (Tensor? X, Tensor? Weight, Tensor? Bias) InputGradients(Tensor x, Tensor weight, Tensor? bias, Tensor dgates)
    {
        int rows = x.Shape[0] * x.Shape[1];
        var flat = dgates.Reshape(rows, weight.Shape[0]);
        return (x.RequiresGrad ? flat.MatMul(weight).Reshape(x.Shape.Sizes) : null,
            weight.RequiresGrad ? flat.Transpose().MatMul(x.Reshape(rows, weight.Shape[1])) : null,
            bias is { RequiresGrad: true } ? flat.SumTo(bias.Shape) : null);
    }

    // Σ dproductsᵀ h₋₁ over all steps, in one product
    static Tensor? StateWeightGradient(Tensor weight, Tensor dproducts, Tensor states, StepOrder order)
    {
        if (!weight.RequiresGrad) return null;
        int rows = order.Steps * states.Shape[1];
        var before = states.Detach().Slice(0, order.FirstBefore, order.Steps).Reshape(rows, states.Shape[2]);
        return dproducts.Reshape(rows, weight.Shape[0]).Transpose().MatMul(before);
    }

    static bool WillRecord(Tensor?[] inputs) => Recording && Array.Exists(inputs, x => x is { RequiresGrad: true });

    static Tensor ComposedStates(Tensor fromInputs, Tensor h, bool backwards, Func<Tensor, Tensor, Tensor> step)
    {
        var order = new StepOrder(fromInputs.Shape[0], backwards);
        var states = new Tensor[order.Steps + 1];
        states[order.Start] = h;
        foreach (int t in order.Forward) states[order.State(t)] = h = step(fromInputs.Select(0, t), h);
        return Stack(states);
    }

    static void CheckRecurrent(string op, int gates, Tensor x, Tensor weightIh, Tensor weightHh, Tensor?[] biases, params Tensor[] states)
    {
        x.CheckFloat(op);
        foreach (var other in (Tensor?[])[weightIh, weightHh, .. biases, .. states])
            if (other is not null) CheckPair(x, other, op);
        if (x.Rank == 3 && x.Shape[0] > 0 && weightIh.Rank == 2 && weightHh.Rank == 2 && weightHh.Shape[0] == gates * weightHh.Shape[1]
            && weightIh.Shape == Shape.Create(weightHh.Shape[0], x.Shape[2]) && biases.All(bias => bias is null || bias.Shape == weightHh.Shape[..1])
            && states.All(s => s.Shape == Shape.Create(x.Shape[1], weightHh.Shape[1]))) return;
        string rows = gates == 1 ? "h" : $"{gates}h", given = string.Join(" and ", biases.OfType<Tensor>().Select(bias => bias.Shape));
        throw new ArgumentException($"{op}: input {x.Shape}, weights {weightIh.Shape} and {weightHh.Shape}, {(given == "" ? "" : $"bias {given}, ")}states " +
            $"{string.Join(" and ", states.Select(s => s.Shape))}: they must be (t, b, in) with at least one step, ({rows}, in), ({rows}, h), {(given == "" ? "" : $"({rows}), ")}(b, h)");
    }
}
