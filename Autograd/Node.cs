namespace NanoAttention;

/// <summary>
/// One operation of the graph: its inputs, and the pullback that takes dL/dy to dL/dx for each of them. A leaf (a value whose
/// gradient is wanted, made by no operation) has a node too, without inputs: the place where its gradient arrives.
/// </summary>
public sealed class Node<T> where T : class, IVariable<T>
{
    static readonly (T, Func<T, T?>)[] freed = [];

    (T Input, Func<T, T?> Pull)[]? edges;
    T[]? inputs;
    Func<T, T?[]>? pullAll;

    internal Node(T leaf) => (Op, Leaf, Stamp) = ("leaf", leaf, Reverse.Tick());

    internal Node(string op, (T, Func<T, T?>)[] edges) => (Op, this.edges, Stamp) = (op, edges, Reverse.Tick());

    internal Node(string op, T[] inputs, Func<T, T?[]> pullAll) => (Op, this.inputs, this.pullAll, Stamp) = (op, inputs, pullAll, Reverse.Tick());

    /// <summary>The name of the method that recorded it.</summary>
    public string Op { get; }

    /// <summary>When it was recorded, on the clock of <see cref="Reverse.Tick"/>: later than all its inputs.</summary>
    public long Stamp { get; }

    /// <summary>The leaf whose gradient arrives here, or null.</summary>
    public T? Leaf { get; }

    /// <summary>A backward pass has walked it and let its pullbacks go.</summary>
    public bool Freed => Leaf is null && edges == freed;

    public int InputCount => inputs?.Length ?? edges?.Length ?? 0;

    public T Input(int i) => inputs is null ? edges![i].Input : inputs[i];

    /// <summary>The node of input i; null where no gradient was wanted of it when this was recorded.</summary>
    internal Node<T>? Behind(int i) => Behind(Input(i));

    Node<T>? Behind(T input) => input.Source is { } source && source.Stamp < Stamp ? source : null;

    /// <summary>Whether a pass wants a gradient further back.</summary>
    internal bool LeadsOn(long pass)
    {
        for (int i = 0; i < InputCount; i++)
            if (Behind(i) is { } source && source.State.WantedBy == pass) return true;
        return false;
    }

    /// <summary>What the pass that is walking the graph keeps here.</summary>
    internal struct PassState
    {
        /// <summary>0: no pass; else a stage of the pass that is walking.</summary>
        public long Mark;
        /// <summary>The pass that wants a gradient here or further back.</summary>
        public long WantedBy;
        /// <summary>dL/dy as far as it has been summed up.</summary>
        public T? Incoming;
        /// <summary>Incoming is a buffer that the pass made itself.</summary>
        public bool Owned;
    }

    internal PassState State;

    /// <summary>Incoming += dy; in place only where this pass made the buffer itself, and never on recorded gradients.</summary>
    internal void Receive(T dy, bool recorded)
    {
        ref var state = ref State;
        if (state.Incoming is null) (state.Incoming, state.Owned) = (dy, false);
        else if (state.Owned && !recorded) state.Incoming.Accumulate(dy);
        else (state.Incoming, state.Owned) = (state.Incoming + dy, true);
    }

    /// <summary>
    /// For pullbacks that return null and write into the gradient of their common input themselves, each to a place of its own: the
    /// buffer in which this pass gathers it, made by <paramref name="zeros"/> for the first of them.
    /// </summary>
    public T Gathered(Func<T> zeros)
    {
        if (State.Incoming is null) (State.Incoming, State.Owned) = (zeros(), true);
        return State.Incoming;
    }

    /// <summary>dL/dy, taken out.</summary>
    internal T? Take(out bool mine)
    {
        var dy = State.Incoming;
        mine = State.Owned;
        (State.Incoming, State.Owned) = (null, false);
        return dy;
    }

    /// <summary>Hands dL/dx on to every input of which the pass wants it.</summary>
    internal void Pull(T dy, bool recorded, long pass)
    {
        if (inputs is null)
        {
            foreach (var (x, pull) in edges!)
                if (Behind(x) is { } source && source.State.WantedBy == pass) Deliver(x, source, dy, pull(dy), recorded);
            return;
        }
        var gradients = pullAll!(dy);
        if (gradients.Length != inputs.Length)
            throw new InvalidOperationException($"{Op}: its pullback returned {gradients.Length} gradients for {inputs.Length} inputs");
        for (int i = 0; i < inputs.Length; i++)
            if (Behind(i) is { } source && source.State.WantedBy == pass) Deliver(inputs[i], source, dy, gradients[i], recorded);
    }

    void Deliver(T x, Node<T> source, T dy, T? dx, bool recorded)
    {
        if (dx is null) return;
        if (Observers<T>.Any) Observers<T>.Pulled(Op, dy, dx);
        x.CheckGradient(dx, Op);
        source.Receive(dx, recorded);
    }

    internal void Free()
    {
        if (Leaf is not null) return;
        (edges, inputs, pullAll) = (freed, null, null);
    }
}
