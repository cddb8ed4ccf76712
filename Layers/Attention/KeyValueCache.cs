namespace NanoAttention;

/// <summary>
/// The keys and values of what has been read, so that a decoder computes only those of what is new. It survives the
/// <see cref="Scope"/> of the step that filled it. Shapes: (b, h, s, d) each.
/// </summary>
public sealed class KeyValueCache
{
    readonly Carried carried = new();

    public Tensor? Keys { get; private set; }

    public Tensor? Values { get; private set; }

    /// <summary>How many places have been read.</summary>
    public int Count => Keys?.Shape[2] ?? 0;

    /// <summary>All keys and values, those just made behind the others.</summary>
    public (Tensor Keys, Tensor Values) Append(Tensor keys, Tensor values)
    {
        (keys, values) = Keys is null ? (keys, values) : (Tensor.Concat([Keys, keys], 2), Tensor.Concat([Values!, values], 2));
        (Keys, Values) = (keys, values);
        carried.Hold(keys, values);
        return (keys, values);
    }
}
