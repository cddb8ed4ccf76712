using ILGPU;
using ILGPU.Runtime;

namespace NanoAttention;

/// <summary>
/// The graphics processor, by way of ILGPU: CUDA, else OpenCL, else ILGPU's simulator, which runs the same kernels, slowly, on the
/// processor. Calls return when the work is launched; reading numbers back waits for it. Threads take turns.
/// <para>
/// All work, kernels and copies, stands in one stream of its own: it is done in the program's order, so a tensor's memory can be handed out
/// again while kernels that read it are yet to run. A second stream for uploads would have to wait for those kernels, and save what a
/// batch takes to travel: of words, microseconds a step.
/// </para>
/// </summary>
public sealed partial class GpuDevice : Device
{
    readonly object gate = new();
    readonly Accelerator accelerator;
    readonly AcceleratorStream stream;
    readonly GpuDriver driver;
    readonly GpuMemory memory;
    readonly Staging staging;

    internal GpuDevice(Accelerator accelerator, string name, GpuDriver? driver = null)
    {
        (this.accelerator, Name) = (accelerator, name);
        stream = accelerator.CreateStream();
        leave = new(accelerator.Context);
        this.driver = driver ?? new(accelerator);
        memory = new(this.driver);
        staging = new(accelerator, stream, this.driver);
        nothing = memory.Rent(1).Buffer;
    }

    public override string Name { get; }

    public override bool IsSimulated => accelerator.AcceleratorType == AcceleratorType.CPU;

    public override long Launches => launches;
    long launches;

    /// <summary>How often numbers were sent to the GPU.</summary>
    public long Uploads { get; private set; }

    /// <summary>How often numbers were read back, each time waiting for the GPU.</summary>
    public long Downloads { get; private set; }

    /// <summary>How many bytes tensors hold.</summary>
    internal long BytesInUse
    {
        get
        {
            lock (gate) return memory.InUse;
        }
    }

    internal override void CheckType(DType type, string op)
    {
        if (type == DType.F64) throw new NotSupportedException($"{op}: {Name} holds F32, I32 and Bool; F64 runs on the CPU");
    }

    internal override object Rent(int bytes, PerThread thread, string op)
    {
        lock (gate)
            try
            {
                ThrowIfLost();
                var (buffer, isNew) = memory.Rent(bytes);
                if (isNew) CountMiss();
                return buffer;
            }
            catch (OutOfMemoryException e)
            {
                throw new OutOfMemoryException($"{Name}: {e.Message}", e.InnerException);
            }
            catch (Exception e) when (e is not DeviceException)
            {
                throw Failed("allocating memory", e);
            }
    }

    internal override void Return(object buffer, int bytes, PerThread thread)
    {
        lock (gate) memory.Return((GpuBuffer)buffer);
    }

    // ILGPU copies by address, so an array that the collector may move is pinned first.
    internal override unsafe void Upload(ReadOnlySpan<byte> from, Tensor to)
    {
        if (from.IsEmpty) return;
        fixed (byte* pinned = from)
        {
            var (start, count) = ((nint)pinned, from.Length);
            Guarded("sending numbers", () =>
            {
                Uploads++;
                staging.Send(new ReadOnlySpan<byte>((byte*)start, count), Raw(to));
            });
        }
    }

    internal override unsafe void Download(Tensor from, Span<byte> to)
    {
        if (to.IsEmpty) return;
        fixed (byte* pinned = to)
        {
            var (start, count) = ((nint)pinned, to.Length);
            Guarded("reading numbers back", () =>
            {
                Downloads++;
                Raw(from).CopyToCPU(stream, ref *(byte*)start, count);
            });
        }
    }

    internal override void Synchronize() => Guarded("waiting", driver.Synchronize);

    void Guarded(string doing, Action action)
    {
        lock (gate)
        {
            ThrowIfLost();
            try
            {
                action();
            }
            catch (Exception e) when (e is AcceleratorException)
            {
                throw Failed(doing, e);
            }
        }
    }

    string? lost;       // since when, and why

    void ThrowIfLost()
    {
        if (lost is not null) throw new DeviceException(lost);
    }

    // A device that does not come to rest after a failure is lost: CUDA answers everything with the same error from then on.
    DeviceException Failed(string doing, Exception e)
    {
        string failure = $"{Name}: {doing} failed: {e.GetBaseException().Message}";
        try
        {
            driver.Synchronize();
        }
        catch (Exception)
        {
            lost = $"{failure}. The device is lost, with all that its memory held (kernels run behind the program, so an earlier one may "
                + "be at fault): start the program again; what was saved can be resumed";
        }
        return new(lost ?? failure, e);
    }

    /// <summary>The bytes of a contiguous tensor, for a copy that holds the gate.</summary>
    static ArrayView<byte> Raw(Tensor x) => Bytes(x, x.Count * x.DType.Size);

    /// <summary>The numbers of a contiguous tensor; of a strided one, all from its first to the end of its memory. For the next launch.</summary>
    static ArrayView<T> View<T>(Tensor x) where T : unmanaged
    {
        (viewed ??= []).Add(x.Storage);
        return Bytes(x, x.IsContiguous ? x.Count * x.DType.Size : x.Storage.Bytes - x.Offset * x.DType.Size).Cast<T>();
    }

    static ArrayView<byte> Bytes(Tensor x, int count) =>
        ((GpuBuffer)x.Storage.Read()).Bytes.SubView((long)x.Offset * x.DType.Size, count);

    // What this thread has viewed since its last launch: a view does not keep its memory alive, and another thread might be given it
    // before the kernel stands in the stream.
    [ThreadStatic]
    static List<Storage>? viewed;

    static ArrayView<float> View(Tensor x) => View<float>(x);

    readonly GpuBuffer nothing;

    ArrayView<float> Optional(Tensor? x) => x is null ? nothing.Bytes.SubView(0, 0).Cast<float>() : View(x);
}
