namespace NanoAttention;

/// <summary>
/// What a recurrent layer returned last, and may be given again in the next step: it survives the <see cref="Scope"/> it was made in,
/// and goes back to the pool at the end of the scope in which the layer is called next. A scope cannot see what its user still holds, so
/// the layer says it, and nobody else has to. The price: one state a layer stays in memory, and one that is older than the layer's
/// last call needs <see cref="Tensor.Keep"/>, as the error of using it says.
/// </summary>
sealed class Carried
{
    readonly Lock gate = new();     // threads may share a layer
    Storage[] held = [];
    Scope? made;                    // the scope of those held

    /// <summary>Holds the states just made, and hands those held before over to the current scope.</summary>
    public void Hold(params ReadOnlySpan<Tensor> states)
    {
        var scope = Scope.Current;
        lock (gate)
        {
            foreach (var storage in held)
            {
                storage.IsCarried = false;
                if (made!.HasEnded) scope?.Add(storage);
            }
            made = scope;
            held = scope is null ? [] : new Storage[states.Length];
            for (int i = 0; i < held.Length; i++)
            {
                held[i] = states[i].Storage;
                held[i].IsCarried = true;
            }
        }
    }
}
