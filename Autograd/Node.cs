namespace NanoAttention;

/// <summary>
/// One operation of the graph: its inputs, and the pullback that takes dL/dy to dL/dx for each of them. A leaf (a value whose
/// gradient is wanted, made by no operation) has a node too, without inputs: the place where its gradient arrives.
/// </summary>
public abstract class Node<T> where T : class, IVariable<T>
{
    private protected Node(string op) => (Op, Stamp) = (op, Reverse.Tick());

    /// <summary>The name of the method that recorded it.</summary>
    public string Op { get; }

    /// <summary>When it was recorded, on the clock of <see cref="Reverse.Tick"/>: later than all its inputs.</summary>
    public long Stamp { get; }

    /// <summary>The leaf whose gradient arrives here, or null.</summary>
    public virtual T? Leaf => null;

    /// <summary>A backward pass has walked it and let its pullbacks go.</summary>
    public bool Freed => InputCount == 0 && Leaf is null;

    public abstract int InputCount { get; }

    public abstract T Input(int i);

    /// <summary>The node of input i; null where no gradient was wanted of it when this was recorded.</summary>
    internal abstract Node<T>? Behind(int i);

    /// <summary>Whether a pass wants a gradient further back: one of the nodes there has this mark.</summary>
    internal bool LeadsOn(long wanted)
    {
        for (int i = InputCount - 1; i >= 0; i--)
            if (Behind(i) is { } source && source.State.Mark == wanted) return true;
        return false;
    }

    /// <summary>Hands dL/dx on to every input whose node has the mark <paramref name="wanted"/>.</summary>
    internal abstract void Pull(T dy, bool recorded, long wanted);

    /// <summary>Lets inputs and pullbacks go.</summary>
    internal abstract void Free();

    /// <summary>What the pass that is walking the graph keeps here.</summary>
    internal struct PassState
    {
        /// <summary>0: no pass; else a stage of the pass that is walking.</summary>
        public long Mark;
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
    /// buffer in which this pass gathers it, made by <paramref name="make"/> for the first of them.
    /// </summary>
    public T Gathered(Func<T> make)
    {
        if (State.Incoming is null) (State.Incoming, State.Owned) = (make(), true);
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

    /// <summary>Checks what the pullback has made for the input x, and hands it on.</summary>
    private protected void Deliver(T x, Node<T> behind, T dy, T? dx, bool recorded)
    {
        if (dx is null) return;
        if (Reverse.Observed) Observers<T>.Pulled(Op, dy, dx);
        x.CheckGradient(dx, Op);
        behind.Receive(dx, recorded);
    }
}

/// <summary>A leaf's.</summary>
sealed class LeafNode<T>(T leaf) : Node<T>("leaf") where T : class, IVariable<T>
{
    public override T Leaf => leaf;
    public override int InputCount => 0;
    public override T Input(int i) => throw new ArgumentOutOfRangeException(nameof(i));
    internal override Node<T>? Behind(int i) => null;
    internal override void Pull(T dy, bool recorded, long wanted) { }
    internal override void Free() { }
}

/// <summary>A pullback for each input; those of which no gradient is wanted are left out.</summary>
sealed class EdgesNode<T> : Node<T> where T : class, IVariable<T>
{
    readonly record struct Edge(T Input, Node<T> Behind, Func<T, T?> Pull);

    Edge first;             // most operations have one
    Edge[]? others;

    /// <param name="wanted">How many of the inputs want a gradient.</param>
    public EdgesNode(string op, ReadOnlySpan<(T Input, Func<T, T?> Pull)> inputs, int wanted) : base(op)
    {
        if (wanted > 1) others = new Edge[wanted - 1];
        int kept = 0;
        foreach (var (x, pull) in inputs)
            if (x.Source is { } behind) At(kept++) = new(x, behind, pull);
    }

    ref Edge At(int i) => ref i == 0 ? ref first : ref others![i - 1];

    public override int InputCount => first.Input is null ? 0 : others is null ? 1 : 1 + others.Length;
    public override T Input(int i) => At(i).Input;
    internal override Node<T>? Behind(int i) => At(i).Behind;

    internal override void Pull(T dy, bool recorded, long wanted)
    {
        var more = others;                          // a pullback's own pass may free this node
        Pull(first, dy, recorded, wanted);
        if (more is not null)
            foreach (var edge in more) Pull(edge, dy, recorded, wanted);
    }

    void Pull(Edge edge, T dy, bool recorded, long wanted)
    {
        if (edge.Behind.State.Mark == wanted) Deliver(edge.Input, edge.Behind, dy, edge.Pull(dy), recorded);
    }

    internal override void Free() => (first, others) = (default, null);
}

/// <summary>Two inputs, which the pullbacks are given, so that they need not capture them.</summary>
sealed class PairNode<T>(string op, T a, T b, Func<T, T, T, T?> pullA, Func<T, T, T, T?> pullB) : Node<T>(op) where T : class, IVariable<T>
{
    T? a = a, b = b;
    Node<T>? behindA = a.Source, behindB = b.Source;

    public override int InputCount => a is null ? 0 : 2;
    public override T Input(int i) => i == 0 ? a! : b!;
    internal override Node<T>? Behind(int i) => i == 0 ? behindA : behindB;

    internal override void Pull(T dy, bool recorded, long wanted)
    {
        var (x, y, behindX, behindY) = (a!, b!, behindA, behindB);
        if (behindX is not null && behindX.State.Mark == wanted) Deliver(x, behindX, dy, pullA(dy, x, y), recorded);
        if (behindY is not null && behindY.State.Mark == wanted) Deliver(y, behindY, dy, pullB(dy, x, y), recorded);
    }

    internal override void Free() => (a, b, behindA, behindB) = (null, null, null, null);
}

/// <summary>One pullback for all inputs.</summary>
sealed class FusedNode<T>(string op, T[] inputs, Func<T, T?[]> pull) : Node<T>(op) where T : class, IVariable<T>
{
    T[] inputs = [.. inputs];                       // a copy: the caller may reuse the array
    Node<T>?[] behind = Array.ConvertAll(inputs, x => x.Source);
    Func<T, T?[]>? pull = pull;

    public override int InputCount => inputs.Length;
    public override T Input(int i) => inputs[i];
    internal override Node<T>? Behind(int i) => behind[i];

    internal override void Pull(T dy, bool recorded, long wanted)
    {
        var (x, sources) = (inputs, behind);
        var gradients = pull!(dy);
        if (gradients.Length != x.Length)
            throw new InvalidOperationException($"{Op}: its pullback returned {gradients.Length} gradients for {x.Length} inputs");
        for (int i = 0; i < x.Length; i++)
            if (sources[i]?.State.Mark == wanted) Deliver(x[i], sources[i]!, dy, gradients[i], recorded);
    }

    internal override void Free() => (inputs, behind, pull) = ([], [], null);
}
