namespace NanoAttention;

/// <summary>Sees the operations of a thread as they happen: for tracing and profiling. See <see cref="Reverse.Observe"/>.</summary>
public interface IObserver<T> where T : class
{
    /// <summary>An operation, recorded or not, has computed <paramref name="y"/>.</summary>
    void Computed(string op, ReadOnlySpan<T> inputs, T y);

    /// <summary>The pullback of an operation has taken <paramref name="dy"/> to <paramref name="dx"/>, for one of its inputs.</summary>
    void Pulled(string op, T dy, T dx);
}

/// <summary>The observers of a thread.</summary>
static class Observers<T> where T : class
{
    [ThreadStatic] static List<IObserver<T>>? watching;

    public static IDisposable Add(IObserver<T> observer)
    {
        var thread = Reverse.Mine;
        (watching ??= []).Add(observer);
        thread.Observers++;
        return new Ending(watching, observer, thread);
    }

    public static void Computed(string op, ReadOnlySpan<T> inputs, T y)
    {
        if (watching is null) return;
        var thread = Reverse.Mine;
        thread.Observing = true;                // what an observer computes is not observed
        try
        {
            foreach (var observer in watching) observer.Computed(op, inputs, y);
        }
        finally
        {
            thread.Observing = false;
        }
    }

    public static void Pulled(string op, T dy, T dx)
    {
        if (watching is null) return;
        var thread = Reverse.Mine;
        thread.Observing = true;
        try
        {
            foreach (var observer in watching) observer.Pulled(op, dy, dx);
        }
        finally
        {
            thread.Observing = false;
        }
    }

    sealed class Ending(List<IObserver<T>> all, IObserver<T> observer, Reverse.ThreadState thread) : IDisposable
    {
        public void Dispose()
        {
            if (all.Remove(observer)) thread.Observers--;
        }
    }
}
