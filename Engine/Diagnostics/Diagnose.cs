namespace NanoAttention;

/// <summary>Answers to the questions that a training run which goes wrong puts.</summary>
public static class Diagnose
{
    /// <summary>
    /// Until the result is disposed, the first operation on this thread that makes a NaN, or the first pullback, throws
    /// <see cref="ArithmeticException"/>, which names it, the place, and whether a NaN was there before. It looks at every number: slow.
    /// </summary>
    public static IDisposable Nan() => Reverse.Observe(new NanTrace());

    /// <summary>
    /// Why a backward pass from <paramref name="root"/> leaves <paramref name="x"/> without a gradient, in a sentence that says what would
    /// help; or that it does not.
    /// </summary>
    public static string WhyNoGradient(Tensor x, Tensor root)
    {
        if (!x.DType.IsFloat) return $"{x.Shape} is {x.DType}: only F32 and F64 have gradients.";
        if (x.Source is not { } wanted) return "No gradient is wanted of it: call RequireGrad on it before it is used (the result of an operation under NoGrad, and of Detach, is a constant).";
        if (root.Source is not { } last) return "The root depends on nothing that wants a gradient: it was computed under NoGrad, detached, or from constants alone.";

        var seen = new HashSet<Node<Tensor>>(ReferenceEqualityComparer.Instance) { last };
        var open = new Stack<Node<Tensor>>([last]);
        Node<Tensor>? freed = null;
        while (open.TryPop(out var node))
        {
            if (node == wanted)
                return wanted.Leaf is null ? $"It has one, but only leaves keep theirs, and this is the result of {wanted.Op}: ask for it with Reverse.Gradients."
                    : x.Grad is null ? "The root depends on it: Backward was not called since its gradient was cleared, or every number's share went through a part of the graph that stops gradients."
                    : "It has one.";
            if (node.Freed) freed = node;
            for (int i = 0; i < node.InputCount; i++)
                if (node.Input(i).Source is { } behind && behind.Stamp < node.Stamp && seen.Add(behind)) open.Push(behind);
        }
        return wanted.Stamp > last.Stamp ? "RequireGrad was called on it after the root was computed: call it before."
            : freed is not null && x.Grad is not null ? "It has one."
            : freed is not null ? $"Unknown: an earlier backward pass freed the graph behind {freed.Op}; ask before, or pass retainGraph: true."
            : "The root does not depend on it: between the two something was detached, computed under NoGrad, or made anew from numbers (ToArray, Item, Tensor.From).";
    }

    sealed class NanTrace : IObserver<Tensor>
    {
        public void Computed(string op, ReadOnlySpan<Tensor> inputs, Tensor y)
        {
            foreach (var x in inputs)
                if (ReferenceEquals(x.Storage, y.Storage)) return;      // a view computes nothing, and may be of memory that is yet to be filled
            if (FirstNan(y) is not { } at) return;
            string before = "none of its inputs has one";
            for (int i = 0; i < inputs.Length; i++)
                if (FirstNan(inputs[i]) is { } place) before = $"its input {i}, {inputs[i].Shape}, has one already, at {place}: it came with the data";
            throw new ArithmeticException($"{op}: its result {y.Shape} has a NaN at {at}; {before}");
        }

        public void Pulled(string op, Tensor dy, Tensor dx)
        {
            if (FirstNan(dx) is not { } at) return;
            string before = FirstNan(dy) is { } place ? $"the gradient that it was given, {dy.Shape}, has one already, at {place}" : "the gradient that it was given has none";
            throw new ArithmeticException($"{op}: its backward pass makes a gradient {dx.Shape} with a NaN at {at}; {before}");
        }

        static string? FirstNan(Tensor x)
        {
            if (!x.DType.IsFloat) return null;
            int at = Array.FindIndex(x.Detach().ToDoubles(), double.IsNaN);
            return at < 0 ? null : x.Count == 1 ? "its only number" : ((IVariable<Tensor>)x).Place(at);
        }
    }
}
