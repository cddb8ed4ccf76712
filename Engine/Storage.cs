using System.Runtime.CompilerServices;

namespace NanoAttention;

/// <summary>
/// The memory behind a tensor and all its views. Owned by the garbage collector, or handed back to the device's pool by the
/// <see cref="Scope"/> it was made in; using it after that is an error that names the operation and the shape.
/// </summary>
public sealed class Storage
{
    readonly Shape shape;
    readonly string op;
    object? buffer;

    internal Storage(Device device, int bytes, Shape shape, string op)
    {
        (Device, Bytes, this.shape, this.op, Born) = (device, bytes, shape, op, Reverse.Now);
        var thread = PerThread.Mine;
        buffer = device.Rent(bytes, thread, op);
        thread.Scope?.Add(this);
    }

    public Device Device { get; }
    public int Bytes { get; }

    /// <summary>When it was made, on the clock of <see cref="Reverse.Tick"/>.</summary>
    internal long Born { get; }

    /// <summary>When it was last changed in place, on the same clock; 0 if never.</summary>
    internal long Written { get; private set; }

    /// <summary>No scope takes it back.</summary>
    internal bool IsKept { get; set; }

    /// <summary>It survives the end of its scope for now: see <see cref="Carried"/>.</summary>
    internal bool IsCarried { get; set; }

    /// <summary>The device's own handle of the memory.</summary>
    internal object Buffer => buffer ?? throw Ended();

    ObjectDisposedException Ended() => new(null,
        $"the result of {op} {shape} was used after the Scope it was made in had ended, when its memory went back to the pool; call Keep() on it inside the scope");

    /// <summary>The memory, to be read. Throws in a pullback where it was changed after the operation was recorded.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal object Read()
    {
        if (Written != 0) CheckUnchanged();
        return Buffer;
    }

    void CheckUnchanged()
    {
        if (Reverse.Pulling is { Op: { } reader } pulling && Written > pulling.Stamp && Born < pulling.Stamp)
            throw new InvalidOperationException($"{reader}: its backward pass reads the result of {op} {shape}, which was changed in place after {reader} was recorded; change it after Backward, or change a copy");
    }

    /// <summary>Notes a change in place.</summary>
    internal void Touch() => Written = Reverse.Tick();

    /// <summary>Hands the memory back to the device's pool.</summary>
    internal void Release(PerThread thread)
    {
        if (buffer is not { } owned) return;
        buffer = null;
        Device.Return(owned, Bytes, thread);
    }
}
