extern alias benchmarks;

using System.Reflection;
using System.Runtime.InteropServices;
using benchmarks::NanoAttention.Benchmarks.Ptx;
using ILGPU;
using NanoAttention.Kernels.Cpu;
using NanoAttention.Kernels.Gpu;
using Xunit;
using Attention = NanoAttention.Kernels.Gpu.Attention;

namespace NanoAttention.Tests;

/// <summary>Attention's tiles at their size on a GPU: their PTX, run by <see cref="PtxMachine"/>, against the CPU's kernels.</summary>
[Trait("Category", "Gpu")]
public class PtxAttentionTests
{
    const float nan = float.NaN;

    [Theory]
    [InlineData(70, 70, 8, 12, true, false, 0), InlineData(9, 70, 5, 66, false, true, 0.4), InlineData(70, 9, 4, 4, true, true, 0)]
    public void The_PTX_computes_what_the_CPU_does(int queries, int keys, int width, int values, bool causal, bool masked, double dropout)
    {
        using var _ = Defaults.With(DType.F32, Device.Cpu, seed: 6);
        Tensor q = Tensor.Normal([1, 2, queries, width]), k = Tensor.Normal([1, 2, keys, width]), v = Tensor.Normal([1, 2, keys, values]);
        Tensor dy = Tensor.Normal([1, 2, queries, values]), bias = Tensor.Normal([1, 2, queries, keys]);
        var mask = Tensor.Uniform(bias.Shape) > 0.2;
        Check(q, k, v, masked ? mask : null, masked ? bias : null, dy, causal, dropout);
    }

    [Fact]
    public void NaN_spoils_what_sees_it_and_nothing_else()
    {
        using var _ = Defaults.With(DType.F32, Device.Cpu, seed: 6);
        Tensor q = Tensor.Normal([1, 1, 9, 4]), k = Tensor.Normal([1, 1, 9, 4]), v = Tensor.Normal([1, 1, 9, 4]);
        float[] numbers = k.ToArray<float>();
        numbers[5 * 4] = nan;
        float[] y = Check(q, Tensor.From(numbers, k.Shape), v, null, null, null, true, 0);
        Assert.Equal(Enumerable.Range(0, 9 * 4).Select(i => i >= 5 * 4), y.Select(float.IsNaN));
    }

    // the forward kernel against the CPU's, and with a gradient both others; what y is
    static float[] Check(Tensor q, Tensor k, Tensor v, Tensor? mask, Tensor? bias, Tensor? dy, bool causal, double dropout)
    {
        int heads = q.Shape[1], queries = q.Shape[2], keys = k.Shape[2], width = q.Shape[3], values = v.Shape[3];
        AttentionStrides row(int n, int size) => AttentionStrides.Dense(heads, n, size);
        AttentionMaskStrides all = new(heads * queries * keys, queries * keys, keys, 1);
        AttentionShape shape = new(1, heads, queries, keys, width, values, row(queries, width), row(keys, width), row(keys, values),
            row(queries, values), all, all, 0.3, causal, dropout, 7, 2);
        Tensor y = Tensor.Zeros([1, heads, queries, values]), lse = Tensor.Zeros([1, heads, queries]);
        Device.Cpu.Attention(q, k, v, mask, bias, y, lse, shape);

        var memory = new byte[1 << 20];
        MemoryMarshal.Cast<byte, float>(memory.AsSpan()).Fill(nan);
        int end = 64;
        byte[] none = View(0, 0), atMask = mask is null ? none : Put(MemoryMarshal.AsBytes(mask.ToArray<bool>().AsSpan()), 1);
        byte[] atBias = bias is null ? none : PutNumbers(bias), atQ = PutNumbers(q), atK = PutNumbers(k), atV = PutNumbers(v);
        byte[] atY = Room(y), atLse = PutNumbers(lse), inputs = Bytes(
            new AttentionInputs(shape, Of(q), Of(k), Of(v), new(shape, default, default)), atMask, atBias, atQ, atK, atV);
        Run("Forward", queries, values, inputs, Bytes(Of(y), atY), atLse);
        AssertClose(y, atY);
        AssertClose(lse, atLse);
        if (dy is not null)
        {
            Tensor dq = Tensor.Zeros(q.Shape), dk = Tensor.Zeros(k.Shape), dv = Tensor.Zeros(v.Shape);
            var dbias = bias is null ? null : Tensor.Zeros(bias.Shape);
            Device.Cpu.AttentionBackward(q, k, v, mask, bias, y, lse, dy, dq, dk, dv, dbias, shape);
            byte[] atDelta = PutNumbers((y * dy).Sum(-1)), atDy = PutNumbers(dy), atDq = Room(dq), atDk = Room(dk), atDv = Room(dv);
            byte[] atDbias = dbias is null ? none : Room(dbias);
            Run("BackwardByQuery", queries, width, inputs, atLse, atDelta, Bytes(Of(dy), atDy), Bytes(Of(dq), atDq), atDbias);
            Run("BackwardByKey", keys, Math.Max(width, values), inputs, atLse, atDelta, Bytes(Of(dy), atDy), Bytes(Of(dk), atDk),
                Bytes(Of(dv), atDv));
            AssertClose(dq, atDq);
            AssertClose(dk, atDk);
            AssertClose(dv, atDv);
            if (dbias is not null) AssertClose(dbias, atDbias);
        }
        return Numbers(atY).ToArray();

        Heads Of(Tensor x) => new(default, row(x.Shape[2], x.Shape[3]), x.Shape[2], x.Shape[3], true);

        byte[] PutNumbers(Tensor x) => Put(MemoryMarshal.AsBytes(x.ToArray<float>().AsSpan()), sizeof(float));

        byte[] Room(Tensor x) => Put(MemoryMarshal.AsBytes(Enumerable.Repeat(nan, x.Count).ToArray().AsSpan()), sizeof(float));

        byte[] Put(ReadOnlySpan<byte> bytes, int size)
        {
            bytes.CopyTo(memory.AsSpan(end));
            var view = View(end, bytes.Length / size);
            end += bytes.Length + 64 & ~15;
            return view;
        }

        void Run(string name, int rows, int columns, params object[] arguments)
        {
            var machine = new PtxMachine(Ptx(name), arguments, isLate: false);
            memory.CopyTo(machine.Memory.AsSpan());
            int groups = heads * Attention.Blocks<AttentionTile64>(rows) * Attention.Slices<AttentionTile64>(columns);
            for (int group = 0; group < groups; group++) machine.Run(group, groups, 2, 16, 4);
            Assert.InRange(machine.PairedLoads, 0.85 * machine.Loads, machine.Loads);     // the rest is a thread's own
            Assert.InRange(machine.ConflictingLoads, 0, 0.15 * machine.Loads);
            machine.Memory.CopyTo(memory.AsSpan());
        }

        Span<float> Numbers(byte[] view) => MemoryMarshal.Cast<byte, float>(
            memory.AsSpan((int)BitConverter.ToInt64(view), (int)BitConverter.ToInt64(view, 8) * sizeof(float)));

        void AssertClose(Tensor expected, byte[] view)
        {
            float[] wanted = expected.ToArray<float>();
            var got = Numbers(view);
            for (int i = 0; i < wanted.Length; i++)
                Assert.True(got[i].Equals(wanted[i]) || Math.Abs(got[i] - wanted[i]) <= 1e-5 * Math.Max(1, Math.Abs(wanted[i])),
                    $"number {i} of {expected.Shape} is {got[i]}, and {wanted[i]} on the CPU");
        }
    }

    static byte[] View(long address, long length) => [.. BitConverter.GetBytes(address), .. BitConverter.GetBytes(length)];

    // A structure as kernels take it: in the order of its fields, with an address and a length for each of its views.
    static byte[] Bytes(object structure, params byte[][] views)
    {
        var (bytes, next) = (new List<byte>(), new Queue<byte[]>(views));
        Write(structure);
        return [.. bytes];

        void Write(object value)
        {
            var type = value.GetType();
            bool isView = type.IsGenericType && type.GetGenericTypeDefinition() == typeof(ArrayView<>);
            byte[]? own = isView ? next.Dequeue()
                : value switch
                {
                    int x => BitConverter.GetBytes(x),
                    float x => BitConverter.GetBytes(x),
                    ulong x => BitConverter.GetBytes(x),
                    _ => null,
                };
            if (own is not null)
            {
                while (bytes.Count % Math.Min(own.Length, 8) != 0) bytes.Add(0);
                bytes.AddRange(own);
                return;
            }
            var fields = type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic);
            foreach (var field in fields.OrderBy(field => field.MetadataToken)) Write(field.GetValue(value)!);
        }
    }

    static readonly Dictionary<string, string> compiled = [];

    static string Ptx(string kernel)
    {
        lock (compiled)
            return compiled.TryGetValue(kernel, out string? ptx) ? ptx : compiled[kernel] = PtxKernel.Compile(
                typeof(Attention).GetMethod(kernel, BindingFlags.Public | BindingFlags.Static)!.MakeGenericMethod(typeof(AttentionTile64)));
    }
}
