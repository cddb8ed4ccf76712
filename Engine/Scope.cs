namespace NanoAttention;

/// <summary>
/// <c>using var step = Scope.Begin();</c>: when it is disposed, the memory of every tensor made inside, on this thread, goes back
/// to its device's pool, so that the next step allocates nothing. Excepted: leaves, their gradients, the states that recurrent
/// layers returned last, and whatever <see cref="Tensor.Keep"/> was called on. Without a scope the garbage collector does the same, later.
/// </summary>
public sealed class Scope : IDisposable
{
    [ThreadStatic] static Stack<List<Storage>>? spare;

    readonly Scope? outer;
    List<Storage>? made;

    Scope(Scope? outer)
    {
        this.outer = outer;
        made = spare is { Count: > 0 } ? spare.Pop() : [];
    }

    /// <summary>The innermost scope of this thread, or null.</summary>
    internal static Scope? Current => PerThread.Mine.Scope;

    public static Scope Begin()
    {
        var thread = PerThread.Mine;
        return thread.Scope = new Scope(thread.Scope);
    }

    internal bool HasEnded => made is null;

    internal void Add(Storage storage) => made!.Add(storage);

    /// <summary>Throws where an inner scope is still open, or on another thread than it began on.</summary>
    public void Dispose()
    {
        if (made is not { } storages) return;
        var thread = PerThread.Mine;
        if (thread.Scope != this) throw new InvalidOperationException("Scope: scopes end in the reverse order of their beginning, on the thread that began them");
        (thread.Scope, made) = (outer, null);
        foreach (var storage in storages)
            if (!storage.IsKept && !storage.IsCarried) storage.Release(thread);
        storages.Clear();
        (spare ??= new()).Push(storages);
    }
}
