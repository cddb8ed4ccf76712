using System.Reflection;
using ILGPU;
using ILGPU.Runtime;

namespace NanoAttention;

public sealed partial class GpuDevice
{
    // compiled kernels by the method they come from, whose delegate the compiler makes once for each formula
    readonly Dictionary<Delegate, Delegate> compiled = new(ReferenceEqualityComparer.Instance);

    /// <summary>The kernels that have been launched so far.</summary>
    internal IReadOnlyList<MethodInfo> Launched
    {
        get
        {
            lock (gate) return [.. compiled.Keys.Select(kernel => kernel.Method)];
        }
    }

    /// <summary>A thread for each of so many items, or as many as do the GPU good: the rest is shared out.</summary>
    KernelConfig Items(int count)
    {
        int group = IsSimulated ? 4 : 256, most = IsSimulated ? 2 : 32 * accelerator.NumMultiprocessors;
        return new(Math.Min((count + group - 1) / group, most), group);
    }

    /// <summary>
    /// How many times four numbers of these tensors of one shape can be moved at once: where all are contiguous and begin at a multiple of
    /// 16 bytes.
    /// </summary>
    static int Quads(params ReadOnlySpan<Tensor> all)
    {
        foreach (var x in all)
            if (!x.IsContiguous || x.Count != all[^1].Count || x.Offset % 4 != 0) return 0;
        return all[^1].Count / 4;
    }

    /// <summary>A thread for each quad, and the rest.</summary>
    KernelConfig Items(int count, int quads) => Items(Math.Max(quads, count - 4 * quads));

    /// <summary>A group for each of so many rows of n numbers, or as many as do the GPU good, of as many threads as take the row's shares.</summary>
    KernelConfig Groups(int rows, int n)
    {
        int group = 4, most = IsSimulated ? 2 : 32 * accelerator.NumMultiprocessors;
        if (!IsSimulated)
            for (group = 32; group * Kernels.Gpu.RowShare.Count < n && group < Kernels.Gpu.Threads.MaxGroup;) group *= 2;
        return new(Math.Min(rows, most), group);
    }

    // A launch allocates nothing: what it is given travels beside functions that capture nothing.
    void Launch<A>(KernelConfig shape, Action<A> kernel, A a, KernelSpecialization bounds = default)
        where A : struct =>
        Run(shape, kernel, a, bounds, static (device, k, bounds) => device.LoadKernel(k, bounds),
            static (launch, stream, shape, x) => launch(stream, shape, x));

    void Launch<A, B>(KernelConfig shape, Action<A, B> kernel, A a, B b, KernelSpecialization bounds = default)
        where A : struct where B : struct =>
        Run(shape, kernel, (a, b), bounds, static (device, k, bounds) => device.LoadKernel(k, bounds),
            static (launch, stream, shape, x) => launch(stream, shape, x.a, x.b));

    void Launch<A, B, C>(KernelConfig shape, Action<A, B, C> kernel, A a, B b, C c, KernelSpecialization bounds = default)
        where A : struct where B : struct where C : struct =>
        Run(shape, kernel, (a, b, c), bounds, static (device, k, bounds) => device.LoadKernel(k, bounds),
            static (launch, stream, shape, x) => launch(stream, shape, x.a, x.b, x.c));

    void Launch<A, B, C, D>(KernelConfig shape, Action<A, B, C, D> kernel, A a, B b, C c, D d, KernelSpecialization bounds = default)
        where A : struct where B : struct where C : struct where D : struct =>
        Run(shape, kernel, (a, b, c, d), bounds, static (device, k, bounds) => device.LoadKernel(k, bounds),
            static (launch, stream, shape, x) => launch(stream, shape, x.a, x.b, x.c, x.d));

    void Launch<A, B, C, D, E>(KernelConfig shape, Action<A, B, C, D, E> kernel, A a, B b, C c, D d, E e,
        KernelSpecialization bounds = default)
        where A : struct where B : struct where C : struct where D : struct where E : struct =>
        Run(shape, kernel, (a, b, c, d, e), bounds, static (device, k, bounds) => device.LoadKernel(k, bounds),
            static (launch, stream, shape, x) => launch(stream, shape, x.a, x.b, x.c, x.d, x.e));

    void Launch<A, B, C, D, E, F>(KernelConfig shape, Action<A, B, C, D, E, F> kernel, A a, B b, C c, D d, E e, F f,
        KernelSpecialization bounds = default)
        where A : struct where B : struct where C : struct where D : struct where E : struct where F : struct =>
        Run(shape, kernel, (a, b, c, d, e, f), bounds, static (device, k, bounds) => device.LoadKernel(k, bounds),
            static (launch, stream, shape, x) => launch(stream, shape, x.a, x.b, x.c, x.d, x.e, x.f));

    void Launch<A, B, C, D, E, F, G>(KernelConfig shape, Action<A, B, C, D, E, F, G> kernel, A a, B b, C c, D d, E e, F f, G g,
        KernelSpecialization bounds = default)
        where A : struct where B : struct where C : struct where D : struct where E : struct where F : struct where G : struct =>
        Run(shape, kernel, (a, b, c, d, e, f, g), bounds, static (device, k, bounds) => device.LoadKernel(k, bounds),
            static (launch, stream, shape, x) => launch(stream, shape, x.a, x.b, x.c, x.d, x.e, x.f, x.g));

    void Launch<A, B, C, D, E, F, G, H>(KernelConfig shape, Action<A, B, C, D, E, F, G, H> kernel, A a, B b, C c, D d, E e, F f, G g, H h,
        KernelSpecialization bounds = default)
        where A : struct where B : struct where C : struct where D : struct where E : struct where F : struct where G : struct
        where H : struct =>
        Run(shape, kernel, (a, b, c, d, e, f, g, h), bounds, static (device, k, bounds) => device.LoadKernel(k, bounds),
            static (launch, stream, shape, x) => launch(stream, shape, x.a, x.b, x.c, x.d, x.e, x.f, x.g, x.h));

    void Run<K, L, X>(KernelConfig shape, K kernel, X arguments, KernelSpecialization bounds,
        Func<Accelerator, K, KernelSpecialization, L> load, Action<L, AcceleratorStream, KernelConfig, X> launch)
        where K : Delegate where L : Delegate
    {
        if (shape.GridDim.X == 0) return;
        lock (gate)
        {
            ThrowIfLost();
            var compiled = Compiled(kernel, bounds, load);
            try
            {
                viewed?.Clear();                            // the gate is held until the kernel stands in the stream
                driver.Bind();
                launch(compiled, stream, shape, arguments);
                launches++;
            }
            catch (Exception e)
            {
                throw Failed($"launching {Title(kernel)}", e);
            }
        }
    }

    Kernels.Gpu.Leave leave;

    L Compiled<K, L>(K kernel, KernelSpecialization bounds, Func<Accelerator, K, KernelSpecialization, L> load)
        where K : Delegate where L : Delegate
    {
        if (!compiled.TryGetValue(kernel, out var launcher)) compiled.Add(kernel, launcher = Compile(kernel, bounds, load));
        return (L)launcher;
    }

    L Compile<K, L>(K kernel, KernelSpecialization bounds, Func<Accelerator, K, KernelSpecialization, L> load)
        where K : Delegate where L : Delegate
    {
        try
        {
            foreach (var formula in kernel.Method.GetGenericArguments()) leave.To(formula);
            try
            {
                return driver.Load(() => load(accelerator, kernel, bounds));
            }
            catch (Exception e) when (GpuDriver.IsWantOfMemory(e))
            {
                memory.FreeUnused();
                return driver.Load(() => load(accelerator, kernel, bounds));
            }
        }
        catch (Exception e)
        {
            // what ILGPU has half done would break every later kernel
            accelerator.Context.ClearCache(ClearCacheMode.Everything);
            leave = new(accelerator.Context);
            var failure = Failed($"compiling {Title(kernel)}", e);      // where the GPU is lost, no kernel loads any more
            if (lost is not null) throw failure;
            throw new NotSupportedException($"{Name}: {Title(kernel)} cannot be compiled: {e.GetBaseException().Message}", e);
        }
    }

    static string Title(Delegate kernel)
    {
        string formulas = string.Join(", ", kernel.Method.GetGenericArguments().Select(f => f.Name));
        return $"{kernel.Method.DeclaringType!.Name}.{kernel.Method.Name}<{formulas}>";
    }
}
