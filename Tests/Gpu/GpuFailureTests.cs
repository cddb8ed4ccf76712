using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.CPU;
using NanoAttention.Kernels;
using Xunit;

namespace NanoAttention.Tests;

/// <summary>What the GPU device says and does when memory runs out, a launch fails, the GPU is lost or a kernel does not compile.</summary>
[Trait("Category", "Gpu")]
public class GpuFailureTests
{
    const int mebi = 1 << 20;

    /// <summary>The simulator's, with as much memory and as many faults as a test wants.</summary>
    sealed class Driver(Accelerator accelerator) : GpuDriver(accelerator)
    {
        readonly List<MemoryBuffer> buffers = [];

        public long Limit { get; set; } = long.MaxValue;
        public Exception? Unbound { get; set; }
        public Exception? Restless { get; set; }
        public long Held => buffers.Where(b => !b.IsDisposed).Sum(b => b.LengthInBytes);
        public override (long? Free, long Total) Memory => (Limit - Held, Limit);

        public override MemoryBuffer1D<byte, Stride1D.Dense> Allocate(long bytes)
        {
            if (Held + bytes > Limit) throw new OutOfMemoryException("the driver's own words");
            var buffer = base.Allocate(bytes);
            buffers.Add(buffer);
            return buffer;
        }

        /// <summary>The bytes that a kernel's code takes.</summary>
        public long Code { get; set; }

        public override L Load<L>(Func<L> load)
        {
            if (Held + Code > Limit) throw new OutOfMemoryException();
            return base.Load(load);
        }

        /// <summary>What the thread had allocated when it last launched.</summary>
        public long Allocated { get; private set; }

        public override void Bind()
        {
            Allocated = GC.GetAllocatedBytesForCurrentThread();
            if (Unbound is { } fault) throw fault;
            base.Bind();
        }

        /// <summary>What was asked of marks in the stream: to be set (+), and to be waited for (−).</summary>
        public List<int> Marks { get; } = [];

        public override Action Mark(AcceleratorStream stream)
        {
            var wait = base.Mark(stream);
            int number = Marks.Count(mark => mark > 0) + 1;
            Marks.Add(number);
            return () =>
            {
                Marks.Add(-number);
                wait();
            };
        }

        public override void Synchronize()
        {
            if (Restless is { } fault) throw fault;
            base.Synchronize();
        }
    }

    static (GpuDevice Device, Driver Driver) New()
    {
        var context = Context.Create(builder => builder.Optimize(OptimizationLevel.O2).Profiling().CPU(new CPUDevice(4, 4, 1)));
        var accelerator = context.GetCPUDevice(0).CreateAccelerator(context);
        var driver = new Driver(accelerator);
        return (new GpuDevice(accelerator, "GPU (test)", driver), driver);
    }

    static Tensor Empty(int bytes, Device device) => Tensor.Empty([bytes / sizeof(float)], DType.F32, device);

    [Fact]
    public void Memory_kept_for_reuse_is_freed_before_a_request_is_refused()
    {
        var (gpu, driver) = New();
        driver.Limit = driver.Held + mebi;
        using (Scope.Begin())
            for (int i = 0; i < 2; i++) Empty(mebi / 2, gpu);
        using (Scope.Begin()) Empty(mebi, gpu);                 // of another class: takes both halves' place
        using (Scope.Begin()) Empty(mebi / 4, gpu);
        Assert.True(driver.Held <= driver.Limit);
    }

    [Fact]
    public void Memory_of_tensors_that_nobody_holds_is_found_before_a_request_is_refused()
    {
        var (gpu, driver) = New();
        driver.Limit = driver.Held + mebi;
        for (int i = 0; i < 6; i++) Lose();
        Empty(mebi / 4, gpu);

        [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
        void Lose() => Empty(mebi / 2, gpu);
    }

    [Fact]
    public void A_request_without_memory_says_what_was_wanted_what_is_held_and_what_is_free_and_the_device_goes_on()
    {
        var (gpu, driver) = New();
        driver.Limit = driver.Held + 2 * mebi;
        using (Scope.Begin())
        {
            Tensor a = Empty(mebi, gpu), b = Empty(mebi / 2, gpu);
            string message = Assert.Throws<OutOfMemoryException>(() => Empty(mebi - 4096, gpu)).Message;
            Assert.Matches(@"^GPU \(test\): no 1 MiB of memory left .*tensors hold 1\.5 MiB, .*and 524,288 bytes of 2 MiB are free", message);
            Assert.Equal([a.Count, b.Count], [mebi / 4, mebi / 8]);
        }
        using (Scope.Begin()) Assert.Equal(2, (Tensor.Ones([mebi / 8], DType.F32, gpu) + 1).Max().Item());
    }

    [Fact]
    public void Memory_kept_for_reuse_is_freed_where_a_kernel_has_no_room()
    {
        var (gpu, driver) = New();
        var x = Tensor.Full([3], 2, DType.F32, gpu);
        driver.Code = mebi;
        driver.Limit = driver.Held + mebi + 4096;
        using (Scope.Begin()) Empty(mebi / 2, gpu);
        Assert.Equal([4f, 4f, 4f], x.Square().ToArray<float>());
        driver.Limit = driver.Held;
        Assert.Contains("cannot be compiled: ", Assert.Throws<NotSupportedException>(() => x.Exp()).Message);
    }

    [Fact]
    public void A_launch_that_fails_names_its_kernel_and_the_next_succeeds()
    {
        var (gpu, driver) = New();
        var x = Tensor.Ones([3], DType.F32, gpu);
        driver.Unbound = new InvalidOperationException("too many resources");
        string message = Assert.Throws<DeviceException>(() => x.Exp()).Message;
        Assert.Equal("GPU (test): launching Map.Forward<ExpFormula> failed: too many resources", message);
        driver.Unbound = null;
        Assert.Equal([2f, 2f, 2f], (x + x).ToArray<float>());
    }

    [Fact]
    public void Uploads_wait_only_for_what_left_the_same_half_of_the_staging_memory()
    {
        var (gpu, driver) = New();
        float[] values = [.. Enumerable.Range(0, Staging.Half / sizeof(float)).Select(i => (float)i)];
        for (int i = 1; i < 4; i++) Assert.Equal(values[..i], Tensor.From(values[..i], [i], gpu).ToArray<float>());
        Assert.Empty(driver.Marks);
        float[] large = [.. values, .. values, .. values];
        Assert.Equal(large, Tensor.From(large, [large.Length], gpu).ToArray<float>());
        Assert.Equal([1, 2, -1, 3, -2], driver.Marks);
    }

    [Fact]
    public void A_launch_allocates_nothing()
    {
        var (gpu, driver) = New();
        Tensor x = Tensor.Ones([3], DType.F32, gpu), y = Tensor.Ones([3], DType.F32, gpu);
        for (int i = 0; i < 3; i++) gpu.Axpy(2, x, y);
        long before = GC.GetAllocatedBytesForCurrentThread();
        gpu.Axpy(2, x, y);
        Assert.Equal(before, driver.Allocated);
    }

    [Fact]
    public void A_kernel_that_does_not_load_because_the_device_is_lost_is_not_taken_for_one_that_cannot_be_compiled()
    {
        var (gpu, driver) = New();
        var x = Tensor.Ones([3], DType.F32, gpu);
        driver.Restless = new InvalidOperationException("illegal address");
        Assert.Contains("The device is lost", Assert.Throws<DeviceException>(() => x.Map<Reading>()).Message);
    }

    [Fact]
    public void A_lost_device_says_so_at_every_later_call()
    {
        var (gpu, driver) = New();
        Tensor x = Tensor.Ones([3], DType.F32, gpu), y = Tensor.Ones([3], DType.F32, gpu);
        var fault = new InvalidOperationException("illegal address");
        (driver.Unbound, driver.Restless) = (fault, fault);
        Assert.Contains("launching Zip.Forward<AddFormula> failed: illegal address. The device is lost", Lost(() => _ = x + y));
        (driver.Unbound, driver.Restless) = (null, null);       // what it would answer now is not to be believed
        Action[] calls = [() => x.Exp(), () => x.ToArray<float>(), () => x.CopyFrom<float>([1, 2, 3]), () => Empty(4, gpu), gpu.Synchronize];
        foreach (var call in calls)
            Assert.StartsWith("GPU (test): launching Zip.Forward<AddFormula> failed", Lost(call));

        static string Lost(Action call) => Assert.Throws<DeviceException>(call).Message;
    }

    [Fact]
    public void An_allocation_that_fails_for_another_reason_is_not_taken_for_want_of_memory()
    {
        var (gpu, driver) = New();
        driver.Limit = -1;
        driver.Restless = new InvalidOperationException("unspecified launch failure");
        Assert.Contains("allocating memory failed: unspecified launch failure. The device is lost",
            Assert.Throws<DeviceException>(() => Empty(mebi, gpu)).Message);
    }

    [Fact]
    public void A_kernel_that_does_not_compile_spoils_no_other()
    {
        var (gpu, _) = New();
        var x = Tensor.Full([3], 2, DType.F32, gpu);
        for (int i = 0; i < 2; i++)
        {
            string message = Assert.Throws<NotSupportedException>(() => x.Map<Reading>()).Message;
            Assert.StartsWith("GPU (test): Map.Forward<Reading> cannot be compiled: ", message);
            Assert.Equal([4f, 4f, 4f], (i == 0 ? x.Map<Doubling>() : x.Square()).ToArray<float>());
        }
        Assert.Equal([4f, 4f, 4f], x.Map<Doubling>().ToArray<float>());
    }

    readonly struct Doubling : IUnary
    {
        public V Apply<V>(V x) where V : struct, ILane<V> => x + x;
        public V Slope<V>(V x, V y) where V : struct, ILane<V> => V.Of(2);
    }

    // no GPU has a console
    readonly struct Reading : IUnary
    {
        public V Apply<V>(V x) where V : struct, ILane<V> => V.Of(Console.In.Read());
        public V Slope<V>(V x, V y) where V : struct, ILane<V> => V.Of(0);
    }
}
