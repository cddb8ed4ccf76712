using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace NanoAttention;

/// <summary>
/// Reverse-mode differentiation (Linnainmaa 1970): run forward, remembering for each operation how to pull a gradient back;
/// then walk from the result to the leaves, handing every input its share by the chain rule.
/// </summary>
public static class Reverse
{
    static long clock, passes;
    [ThreadStatic] static ThreadState? mine;

    /// <summary>What a thread is doing, in one place: an operation looks it up once.</summary>
    internal sealed class ThreadState
    {
        public bool Paused, Observing;
        public int Observers;
        public (long Stamp, string? Op) Pulling;
        public long Visited;
        public bool Observed => Observers > 0 && !Observing;
    }

    /// <summary>This thread's.</summary>
    internal static ThreadState Mine => mine ?? Begun();

    static ThreadState Begun() => mine = new();

    /// <summary>Whether somebody watches what this thread computes.</summary>
    internal static bool Observed => Mine.Observed;

    /// <summary>The next moment of a clock that all threads share: orders what was recorded and what was written.</summary>
    public static long Tick() => Interlocked.Increment(ref clock);

    /// <summary>This moment.</summary>
    public static long Now => Volatile.Read(ref clock);

    /// <summary>The operation whose pullback runs on this thread, and when it was recorded; (0, null) outside a backward pass.</summary>
    public static (long Stamp, string? Op) Pulling => Mine.Pulling;

    /// <summary>How many nodes the backward passes of this thread have visited: what they cost, counted.</summary>
    public static long Visited => Mine.Visited;

    /// <summary>Whether operations on this thread are recorded.</summary>
    public static bool Recording => !Mine.Paused;

    /// <summary>Until the result is disposed, nothing is recorded on this thread.</summary>
    public static Paused NoGrad()
    {
        var thread = Mine;
        var before = new Paused(thread.Paused);
        thread.Paused = true;
        return before;
    }

    /// <summary>Ends a <see cref="NoGrad"/>: recording is again what it was before.</summary>
    public readonly struct Paused : IDisposable
    {
        readonly bool before;
        internal Paused(bool before) => this.before = before;
        public void Dispose() => Mine.Paused = before;
    }

    /// <summary>Until the result is disposed, the observer sees what this thread computes. What the observer itself computes is not seen.</summary>
    public static IDisposable Observe<T>(IObserver<T> observer) where T : class, IVariable<T> => Observers<T>.Add(observer);

    /// <summary>Makes <paramref name="x"/> a leaf: backward passes will add into its Grad. Throws where an operation made it.</summary>
    public static T Leaf<T>(T x) where T : class, IVariable<T>
    {
        if (x.Source is { Leaf: null } made)
            throw new InvalidOperationException($"RequireGrad: the value was computed by {made.Op}, so it already takes part in its graph; a leaf must be a value of its own (detach it first)");
        x.Source ??= new LeafNode<T>(x);
        return x;
    }

    /// <summary>
    /// Records y = op(inputs), each input with its pullback dL/dy → dL/dx. A pullback runs only if its input wants a gradient.
    /// Written with differentiable operations, it can itself be differentiated.
    /// </summary>
    public static T Record<T>(T y, ReadOnlySpan<(T Input, Func<T, T?> Pull)> edges, [CallerMemberName] string op = "") where T : class, IVariable<T>
    {
        var thread = Mine;
        if (thread.Observed) Show(op, edges, y);
        if (thread.Paused) return y;
        int wanted = 0;
        foreach (var (x, _) in edges)
            if (x.Source is not null) wanted++;
        if (wanted == 0) return y;
        CheckFresh(y, op);
        y.Source = new EdgesNode<T>(op, edges, wanted);
        return y;
    }

    /// <summary>
    /// Records y = op(a, b) with pullbacks (dy, a, b) → da and db: for the smallest of operations, which cost less than a closure would.
    /// </summary>
    public static T Record<T>(T y, T a, T b, Func<T, T, T, T?> pullA, Func<T, T, T, T?> pullB, [CallerMemberName] string op = "")
        where T : class, IVariable<T>
    {
        var thread = Mine;
        if (thread.Observed) Observers<T>.Computed(op, [a, b], y);
        if (thread.Paused || a.Source is null && b.Source is null) return y;
        CheckFresh(y, op);
        y.Source = new PairNode<T>(op, a, b, pullA, pullB);
        return y;
    }

    /// <summary>Records y = op(inputs) for a fused operation whose pullback yields the gradients of all inputs at once (null for none).</summary>
    public static T Record<T>(T y, T[] inputs, Func<T, T?[]> pull, [CallerMemberName] string op = "") where T : class, IVariable<T>
    {
        var thread = Mine;
        if (thread.Observed) Observers<T>.Computed(op, inputs, y);
        if (thread.Paused || !Array.Exists(inputs, x => x.Source is not null)) return y;
        CheckFresh(y, op);
        y.Source = new FusedNode<T>(op, inputs, pull);
        return y;
    }

    static void Show<T>(string op, ReadOnlySpan<(T Input, Func<T, T?> Pull)> edges, T y) where T : class, IVariable<T>
    {
        var inputs = new T[edges.Length];
        for (int i = 0; i < inputs.Length; i++) inputs[i] = edges[i].Input;
        Observers<T>.Computed(op, inputs, y);
    }

    static void CheckFresh<T>(T y, string op) where T : class, IVariable<T>
    {
        if (y.Source is not null) throw NotFresh(op);
    }

    static ArgumentException NotFresh(string op) => new($"{op}: the result to record is already part of a graph; an operation must return a fresh value");

    /// <summary>
    /// Adds d root / d leaf into the Grad of every leaf that <paramref name="root"/> depends on.
    /// </summary>
    /// <param name="root">What to differentiate; a single number unless a seed is given.</param>
    /// <param name="seed">dL/d root; 1 if left out.</param>
    /// <param name="retainGraph">Keep the graph, so that it can be walked again.</param>
    /// <param name="createGraph">Record the pass itself, so that the gradients can be differentiated. Keeps the graph.</param>
    public static void Backward<T>(T root, T? seed = null, bool retainGraph = false, bool createGraph = false) where T : class, IVariable<T> =>
        Walk(root, seed, retainGraph, createGraph, null);

    /// <summary>d root / d x for each of <paramref name="inputs"/> (leaves or not; null where root does not depend on it, or it wants no gradient). No Grad is touched.</summary>
    public static T?[] Gradients<T>(T root, T[] inputs, T? seed = null, bool retainGraph = false, bool createGraph = false) where T : class, IVariable<T> =>
        Walk(root, seed, retainGraph, createGraph, inputs);

    // wanted: null for every leaf's Grad
    static T?[] Walk<T>(T root, T? seed, bool retain, bool create, T[]? wanted) where T : class, IVariable<T>
    {
        if (root.Source is not { } last)
            throw new InvalidOperationException("Backward: the value depends on no leaf that requires a gradient (call RequireGrad on an input before computing it)");
        seed ??= T.One(root);
        root.CheckGradient(seed, "Backward");
        var found = new T?[wanted?.Length ?? 0];

        lock (Graph<T>.Gate)       // two threads may walk graphs that share nodes
        {
            var thread = Mine;
            var outer = (thread.Pulling, thread.Paused);
            long pass = Interlocked.Increment(ref passes), isWanted = Graph<T>.Wanted(pass);
            List<(Node<T>, Node<T>.PassState)>? disturbed = null;
            Nodes<T>? order = null;
            thread.Paused = !create;
            try
            {
                order = Graph<T>.Order(last, wanted, pass, out disturbed);
                thread.Visited += order.Count;
                last.Receive(seed, create);
                for (int i = order.Count - 1; i >= 0; i--)
                {
                    var node = order[i];
                    if (node.Take(out bool mine) is not { } dy) continue;
                    bool ends = false;
                    for (int k = 0; k < found.Length; k++)
                        if (ReferenceEquals(wanted![k].Source, node)) (found[k], ends) = (dy, !node.LeadsOn(isWanted));
                    if (node.Leaf is { } leaf)
                    {
                        thread.Pulling = default;
                        if (wanted is null) Arrive(leaf, dy, mine);
                        continue;
                    }
                    if (node.Freed) throw WalkedBefore(node.Op);        // by a pullback's own backward pass
                    if (ends || node.State.Mark != isWanted) continue;
                    thread.Pulling = (node.Stamp, node.Op);
                    node.Pull(dy, create, isWanted);
                    if (!retain && !create) node.Free();
                }
            }
            finally
            {
                (thread.Pulling, thread.Paused) = outer;
                if (order is not null) Graph<T>.Release(order, disturbed);
            }
        }
        return found;
    }

    // A leaf's Grad shares memory with nothing, so that it can be summed into in place.
    static void Arrive<T>(T leaf, T dy, bool mine) where T : class, IVariable<T>
    {
        if (leaf.Grad is not { } grad) leaf.Grad = mine ? dy : Record(dy.Copy(), [(dy, more => more)], "Grad");
        else if (dy.Source is not null || grad.Source is not null) leaf.Grad = grad + dy;
        else grad.Accumulate(dy);
    }

    static InvalidOperationException WalkedBefore(string op) =>
        new($"Backward: an earlier backward pass has walked and freed the graph behind {op}; pass retainGraph: true to that pass to walk it again");

    static class Graph<T> where T : class, IVariable<T>
    {
        public static readonly Lock Gate = new();
        static Nodes<T>? spareOrder, spareStack;

        // the stages of a node in a pass: entered, left, left and wanted
        static long Entered(long pass) => 4 * pass + 1;
        static long Left(long pass) => 4 * pass + 2;

        /// <summary>The mark of a node that a pass wants a gradient of, or of one further back.</summary>
        public static long Wanted(long pass) => 4 * pass + 3;

        /// <summary>
        /// Every node behind <paramref name="last"/>, inputs before outputs, without recursion: an unrolled LSTM is thousands of
        /// nodes deep. What was recorded before the oldest wanted value leads to none and is left out. A pullback may itself walk nodes that an outer pass is still using: their state is put aside in <paramref name="disturbed"/>.
        /// </summary>
        public static Nodes<T> Order(Node<T> last, T[]? wanted, long pass, out List<(Node<T>, Node<T>.PassState)>? disturbed)
        {
            var order = Interlocked.Exchange(ref spareOrder, null) ?? new();
            var stack = Interlocked.Exchange(ref spareStack, null) ?? new();
            long entered = Entered(pass), oldest = wanted is null ? 0 : wanted.Min(x => x.Source?.Stamp) ?? last.Stamp;
            disturbed = null;
            stack.Push(last);
            while (stack.TryPop(out var node))
            {
                if (node.State.Mark > entered) continue;
                if (node.State.Mark == entered)
                {
                    node.State.Mark = IsWanted(node, wanted, pass) ? Wanted(pass) : Left(pass);
                    order.Push(node);
                    continue;
                }
                int inputs = node.InputCount;
                if (inputs == 0 && node.Freed)
                {
                    for (int i = 0; i < stack.Count; i++)
                        if (stack[i].State.Mark == entered) stack[i].State = default;
                    Release(order, disturbed);
                    throw WalkedBefore(node.Op);
                }
                if (node.State.Mark != 0) (disturbed ??= []).Add((node, node.State));
                node.State = new() { Mark = entered };
                stack.Push(node);
                for (int i = inputs - 1; i >= 0; i--)
                    if (node.Behind(i) is { } source && source.Stamp >= oldest && source.State.Mark < entered) stack.Push(source);
            }
            spareStack = stack;
            return order;
        }

        static bool IsWanted(Node<T> node, T[]? wanted, long pass)
        {
            if (wanted is null) return true;
            foreach (var x in wanted)
                if (ReferenceEquals(x.Source, node)) return true;
            return node.LeadsOn(Wanted(pass));
        }

        /// <summary>Leaves every node as the pass found it.</summary>
        public static void Release(Nodes<T> order, List<(Node<T> Node, Node<T>.PassState State)>? disturbed)
        {
            for (int i = 0; i < order.Count; i++) order[i].State = default;
            if (disturbed is not null)
                foreach (var (node, state) in disturbed) node.State = state;
            order.Clear();
            spareOrder = order;
        }
    }
}

/// <summary>A stack of nodes. Each lies in a struct of its own: storing it then needs no check that the array's type admits it.</summary>
sealed class Nodes<T> where T : class, IVariable<T>
{
    struct Place
    {
        public Node<T> Node;
    }

    Place[] places = new Place[64];

    public int Count { get; private set; }

    public Node<T> this[int i] => places[i].Node;

    public void Push(Node<T> node)
    {
        if (Count == places.Length) Array.Resize(ref places, 2 * Count);
        places[Count++].Node = node;
    }

    public bool TryPop([NotNullWhen(true)] out Node<T>? node)
    {
        if (Count == 0)
        {
            node = null;
            return false;
        }
        ref var place = ref places[--Count];
        node = place.Node;
        place = default;
        return true;
    }

    public void Clear()
    {
        Array.Clear(places, 0, Count);
        Count = 0;
    }
}
