using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using NanoAttention.Kernels;
using NanoAttention.Kernels.Cpu;
using Xunit;

namespace NanoAttention.Tests.Kernels;

/// <summary>Runs kernels the ways a device may: in each width, whole and cut at odd places.</summary>
static class KernelRun
{
    /// <summary>Sizes around every register width.</summary>
    public static readonly int[] Sizes = [0, 1, 2, 3, 5, 7, 8, 13, 16, 17, 31, 64, 67, 131];

    /// <summary>A view of an array that stays in place; the view keeps it alive.</summary>
    public static unsafe View<T> View<T>(T[] pinned) where T : unmanaged =>
        new((T*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(pinned)), pinned.Length, pinned);

    public static T[] Array<T>(int n) where T : unmanaged => GC.AllocateArray<T>(n, pinned: true);

    public static T[] Array<T>(int n, Func<int, double> f) where T : unmanaged, INumber<T>
    {
        var numbers = Array<T>(n);
        for (int i = 0; i < n; i++) numbers[i] = T.CreateSaturating(f(i));
        return numbers;
    }

    public static T[] Normal<T>(int n, int seed) where T : unmanaged, INumber<T>
    {
        Random random = new(seed);
        return Array<T>(n, _ => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()));
    }

    /// <summary>
    /// Runs the kernel in each of the three widths, whole and in pieces of 1, 3, 7, … items. Each result must be the expected one within
    /// the relative tolerance (of 1 + |expected|), and the pieces must give the bits of the whole.
    /// </summary>
    public static void Check<K, T>(K kernel, int items, T[] result, Func<int, double> expected, double tolerance) where K : struct, IKernel<T> where T : unmanaged, IFloatingPointIeee754<T>
    {
        var before = (T[])result.Clone();
        for (int width = 0; width < 3; width++)
        {
            before.CopyTo(result, 0);
            Run<K, T>(kernel, width, 0, items);
            var whole = (T[])result.Clone();
            for (int i = 0; i < result.Length; i++) Near(expected(i), double.CreateChecked(whole[i]), tolerance, $"{typeof(K).Name}, width {128 << width}, [{i}]");

            before.CopyTo(result, 0);
            for (int from = 0, step = 1; from < items; from += step, step = step * 2 + 1) Run<K, T>(kernel, width, from, Math.Min(from + step, items));
            Assert.Equal(MemoryMarshal.AsBytes<T>(whole).ToArray(), MemoryMarshal.AsBytes<T>(result).ToArray());
        }
    }

    /// <summary>The same for a kernel without lanes, bit for bit.</summary>
    public static void Check<K, T>(K kernel, int items, T[] result, Func<int, T> expected) where K : struct, IScalarKernel where T : unmanaged
    {
        var before = (T[])result.Clone();
        kernel.Run(0, items);
        for (int i = 0; i < result.Length; i++) Assert.Equal(expected(i), result[i]);
        before.CopyTo(result, 0);
        for (int from = 0, step = 1; from < items; from += step, step = step * 2 + 1) kernel.Run(from, Math.Min(from + step, items));
        for (int i = 0; i < result.Length; i++) Assert.Equal(expected(i), result[i]);
        GC.KeepAlive(kernel);
    }

    public static void Run<K, T>(K kernel, int width, int from, int to) where K : struct, IKernel<T> where T : unmanaged
    {
        if (width == 0) kernel.Run<Lane128<T>>(from, to);
        else if (width == 1) kernel.Run<Lane256<T>>(from, to);
        else kernel.Run<Lane512<T>>(from, to);
        GC.KeepAlive(kernel);
    }

    public static void Near(double expected, double actual, double tolerance, string what)
    {
        if (double.IsNaN(expected) ? double.IsNaN(actual) : expected == actual || Math.Abs(expected - actual) <= tolerance * (1 + Math.Abs(expected))) return;
        Assert.Fail($"{what}: {actual:R} where {expected:R} was expected");
    }

    /// <summary>A few roundings of T.</summary>
    public static double Rounding<T>() => typeof(T) == typeof(float) ? 2e-6 : 1e-14;
}
