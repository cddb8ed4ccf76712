using System.Runtime.CompilerServices;
using static NanoAttention.Reverse;

namespace NanoAttention;

/// <summary>
/// Numbers arranged along axes, on a device, that remember how they were computed. A tensor is a way to read a
/// <see cref="Storage"/> (shape, strides, offset): transposing, slicing and expanding make views of the same memory.
/// Its operations are methods, one a file, under Engine/Ops.
/// </summary>
public sealed partial class Tensor : IVariable<Tensor>
{
    readonly int[]? strides;   // null: row-major
    Tensor? grad;

    internal Tensor(Storage storage, DType dtype, Shape shape, int[]? strides = null, int offset = 0) =>
        (Storage, DType, Shape, this.strides, Offset) = (storage, dtype, shape, strides, offset);

    /// <summary>Fresh memory, filled with whatever was there.</summary>
    internal static Tensor Empty(Shape shape, DType dtype, Device device, [CallerMemberName] string op = "")
    {
        device.CheckType(dtype, op);
        return new(new Storage(device, Bytes(shape, dtype, op), shape, op), dtype, shape);
    }

    static int Bytes(Shape shape, DType dtype, string op)
    {
        long bytes = (long)shape.Count * dtype.Size;
        return bytes <= Array.MaxLength - 64 ? (int)bytes : throw TooLarge(shape, dtype, bytes, op);
    }

    static ArgumentException TooLarge(Shape shape, DType dtype, long bytes, string op) =>
        new($"{op}: {shape} of {dtype} takes {bytes:N0} bytes; one tensor holds at most 2 GiB");

    /// <summary>Fresh memory like another tensor's.</summary>
    internal static Tensor Like(Tensor x, [CallerMemberName] string op = "") => Empty(x.Shape, x.DType, x.Device, op);

    /// <summary>The memory, shared by all views of it.</summary>
    public Storage Storage { get; }

    public DType DType { get; }
    public Shape Shape { get; }

    /// <summary>Where in the storage the first number is.</summary>
    internal int Offset { get; }

    public Device Device => Storage.Device;
    public int Rank => Shape.Rank;

    /// <summary>How many numbers.</summary>
    public int Count => Shape.Count;

    /// <summary>How many numbers of the storage a step along each axis skips.</summary>
    public ReadOnlySpan<int> Strides => strides ?? Shape.RowMajor;

    /// <summary>Whether the numbers lie one behind the other in row-major order.</summary>
    public bool IsContiguous => strides is null || Count <= 1 || AreRowMajor(strides);

    bool AreRowMajor(int[] strides)
    {
        for (int i = Rank - 1, step = 1; i >= 0; step *= Shape[i], i--)
            if (Shape[i] != 1 && strides[i] != step) return false;
        return true;
    }

    /// <summary>Where gradients of this tensor's node arrive; null where no gradient is wanted.</summary>
    public Node<Tensor>? Source { get; set; }

    /// <summary>Whether a gradient is wanted: it is a leaf (<see cref="RequireGrad"/>) or depends on one.</summary>
    public bool RequiresGrad => Source is not null;

    /// <summary>On a leaf: the gradient, summed over backward passes, in memory of its own that no scope takes back.</summary>
    public Tensor? Grad
    {
        get => grad;
        set
        {
            value?.Keep();
            grad = value;
        }
    }

    /// <summary>Makes it a leaf: backward passes add into its <see cref="Grad"/>. No scope takes it back. Throws where it is no floating-point tensor or was computed from a leaf.</summary>
    public Tensor RequireGrad()
    {
        if (!DType.IsFloat) throw new InvalidOperationException($"RequireGrad: a tensor of type {DType} has no gradient (F32 and F64 have)");
        return Reverse.Leaf(Keep());
    }

    /// <summary>Its memory survives the <see cref="Scope"/> it was made in.</summary>
    public Tensor Keep()
    {
        Storage.IsKept = true;
        return this;
    }

    /// <summary>The same numbers (the same memory), without history: no gradient flows through.</summary>
    public Tensor Detach() => new(Storage, DType, Shape, strides, Offset);

    /// <summary>The same numbers, read through another shape, strides and offset.</summary>
    internal Tensor View(Shape shape, int[]? strides, int offset) => new(Storage, DType, shape, strides, offset);

    /// <summary>
    /// The pullback of a fused operation in a pass that is itself recorded: that of its composed twin, which can be differentiated again.
    /// The twin works on stand-ins for the inputs, at which the pass ends: it never walks the graph behind them, and an input
    /// that is given twice, or computed from another, gets its own share only.
    /// </summary>
    static Tensor?[] PullTwin(Func<Tensor[], Tensor> twin, Tensor[] inputs, Tensor dy)
    {
        var own = Array.ConvertAll(inputs, x => Record(x.View(x.Shape, x.strides, x.Offset), [(x, dx => dx)]));
        return Gradients(twin(own), own, dy, createGraph: true);
    }

    /// <summary>This tensor if it is contiguous, else a contiguous copy. Recorded.</summary>
    public Tensor Contiguous() => IsContiguous ? this : Clone();

    /// <inheritdoc cref="Reverse.Backward"/>
    public void Backward(Tensor? seed = null, bool retainGraph = false, bool createGraph = false) => Reverse.Backward(this, seed, retainGraph, createGraph);

    void IVariable<Tensor>.Accumulate(Tensor more)
    {
        Storage.Touch();
        Device.Axpy(1, more.Contiguous(), this);
    }

    Tensor IVariable<Tensor>.Copy()
    {
        var y = Like(this, "Copy");
        Device.Copy(this, y);
        return y;
    }

    static Tensor IVariable<Tensor>.One(Tensor root) => root.Count == 1 ? Full(root.Shape, 1, root.DType, root.Device)
        : throw new InvalidOperationException($"Backward: the result has shape {root.Shape}; call it on a single number (a sum or a mean), or pass the gradient to start from as the seed");

    void IVariable<Tensor>.CheckGradient(Tensor gradient, string op)
    {
        if (gradient.Shape != Shape || gradient.DType != DType || gradient.Device != Device)
            throw new InvalidOperationException($"{op}: a gradient of shape {gradient.Shape} ({gradient.DType}, {gradient.Device.Name}) was given for a value of shape {Shape} ({DType}, {Device.Name})");
    }
}
