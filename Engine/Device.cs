using System.Globalization;
using System.Runtime.CompilerServices;
using NanoAttention.Kernels;
using NanoAttention.Kernels.Cpu;

namespace NanoAttention;

/// <summary>
/// Where tensors live and kernels run: all that a machine must be able to do, on one page. Operations check shapes and allocate
/// results; a device runs the kernels over them. Unless said otherwise operands are contiguous and of one type.
/// </summary>
public abstract class Device
{
    /// <summary>What really runs, for people: the instruction set and threads, or the GPU's name.</summary>
    public abstract string Name { get; }

    /// <summary>The processor this program runs on.</summary>
    public static CpuDevice Cpu { get; } = new();

#if GPU
    static Device Best => Accelerators.Best;

    static Device? Numbered(int index) => Accelerators.Numbered(index);

    /// <summary>Why this program has no <see cref="Gpu"/>; null where it has one.</summary>
    public static string? WhyNoGpu => null;
#else
    static Device Best => throw new NotSupportedException($"Device.Gpu: {WhyNoGpu}");

    static Device? Numbered(int index) => Best;

    /// <summary>Why this program has no <see cref="Gpu"/>; null where it has one.</summary>
    public static string? WhyNoGpu =>
#if NO_GPU
        "built without ILGPU, as -p:Gpu=false asked";
#else
        "built without ILGPU, which NuGet did not have (dotnet build -p:Gpu=true shows why)";
#endif
#endif

    /// <summary>The graphics processor, by way of CUDA or OpenCL, or else its simulator: the name says which, and why none better. Throws where there is none at all.</summary>
    public static Device Gpu => Best;

    /// <summary>A device by what <c>device list</c> calls it: <c>cpu</c>; <c>gpu</c>, the best; <c>gpu:1</c>, one of several.</summary>
    /// <exception cref="ArgumentException">There is none of that name: says which there are.</exception>
    /// <exception cref="NotSupportedException">This program has no GPU, or it cannot be opened.</exception>
    public static Device Of(string id)
    {
        if (id == "cpu") return Cpu;
        if (id == "gpu") return Gpu;
        if (id.StartsWith("gpu:", StringComparison.Ordinal) && int.TryParse(id.AsSpan(4), NumberStyles.None, null, out int index)
            && Numbered(index) is { } device) return device;
        string all = string.Join(", ", DeviceInfo.All.Where(d => d.Id is not null).Select(d => $"{d.Id} ({d.Name})"));
        throw new ArgumentException($"there is no device {id}; there are {all}, and gpu, the best of them");
    }

    /// <summary>Whether the device is only pretended, for trying programs out: no time measured on it means anything.</summary>
    public virtual bool IsSimulated => false;

    /// <summary>How often the pool had no buffer to hand out and memory had to be allocated.</summary>
    public long PoolMisses => Interlocked.Read(ref misses);
    long misses;
    private protected void CountMiss() => Interlocked.Increment(ref misses);

    /// <summary>How many kernels a GPU was given to run; 0 on the CPU, where that costs nothing.</summary>
    public virtual long Launches => 0;

    public override string ToString() => Name;

    // Memory
    /// <summary>Throws where tensors of this type cannot be on the device.</summary>
    internal virtual void CheckType(DType type, string op) { }
    internal abstract object Rent(int bytes, PerThread thread, string op);
    internal abstract void Return(object buffer, int bytes, PerThread thread);
    internal abstract void Upload(ReadOnlySpan<byte> from, Tensor to);
    internal abstract void Download(Tensor from, Span<byte> to);

    /// <summary>y = value</summary>
    internal abstract void Fill(Tensor y, double value);

    /// <summary>y = x; both may be strided.</summary>
    internal abstract void Copy(Tensor x, Tensor y);

    /// <summary>y = x, converted to y's type; truncating towards zero, true where not 0.</summary>
    internal abstract void Cast(Tensor x, Tensor y);

    // Elementwise
    /// <summary>y = f(x)</summary>
    internal abstract void Map<F>(F f, Tensor x, Tensor y) where F : struct, IUnary;

    /// <summary>dx = dy ⊙ f′(x, y)</summary>
    internal abstract void MapBackward<F>(F f, Tensor x, Tensor y, Tensor dy, Tensor dx) where F : struct, IUnary;

    /// <summary>y = f(a, b); a and b are views stretched to y's shape.</summary>
    internal abstract void Zip<F>(F f, Tensor a, Tensor b, Tensor y) where F : struct, IBinaryFunction;

    /// <summary>d = dy ⊙ ∂f/∂a, or ∂f/∂b, in y's shape.</summary>
    internal abstract void ZipBackward<F>(F f, Tensor a, Tensor b, Tensor y, Tensor dy, Tensor d, bool first) where F : struct, IBinary;

    /// <summary>y = f(a, b) ≠ 0 as Bool; a and b are views stretched to y's shape.</summary>
    internal abstract void Compare<F>(F f, Tensor a, Tensor b, Tensor y) where F : struct, IBinaryFunction;

    /// <summary>y = condition ? a : b; all three are views stretched to y's shape.</summary>
    internal abstract void Where(Tensor condition, Tensor a, Tensor b, Tensor y);

    /// <summary>y += αx</summary>
    internal abstract void Axpy(double alpha, Tensor x, Tensor y);

    // Reductions over the middle axis of (outer, n, inner)
    internal abstract void Reduce<R>(R r, Tensor x, Tensor y, int n, int inner) where R : struct, IReducer;
    internal abstract void ArgReduce(bool largest, Tensor x, Tensor y, int n, int inner);

    /// <summary>
    /// c = a b over the last two axes; a and b may be strided, and are stretched to c's leading axes. To a matrix c, plus is added, a
    /// view stretched to its shape whose rows' numbers are neighbours.
    /// </summary>
    internal abstract void MatMul(Tensor a, Tensor b, Tensor c, Tensor? plus = null);

    /// <summary>c = f(a b + plus)</summary>
    internal abstract void MatMul<F>(F f, Tensor a, Tensor b, Tensor c, Tensor? plus = null) where F : struct, IUnary;

    private protected static MatMulShape Product(Tensor a, Tensor b, Tensor c)
    {
        var lead = c.Shape[..^2];
        return new(lead.Count, c.Shape[^2], c.Shape[^1], a.Shape[^1], a.Strides[^2], a.Strides[^1], b.Strides[^2], b.Strides[^1], c.Shape[^1])
        {
            Batches = Layout.Of(lead.Sizes, Steps(a, lead), Steps(b, lead)),
        };

        // how far apart the matrices lie along each leading axis; 0 where they are repeated
        static int[] Steps(Tensor x, Shape lead)
        {
            var steps = new int[lead.Rank];
            var own = x.Strides;
            for (int i = 3; i <= x.Rank; i++) steps[^(i - 2)] = x.Shape[^i] == 1 ? 0 : own[^i];
            return steps;
        }
    }

    // Rows of the last axis
    private protected static int Last(Tensor x) => x.Shape[^1];
    private protected static int Rows(Tensor x) => x.Shape[..^1].Count;

    internal abstract void Softmax(Tensor x, Tensor y, bool log);
    internal abstract void SoftmaxBackward(Tensor y, Tensor dy, Tensor dx, bool log);
    internal abstract void LayerNorm(Tensor x, Tensor? weight, Tensor? bias, Tensor y, Tensor mean, Tensor rstd, double epsilon);
    internal abstract void LayerNormBackward(Tensor x, Tensor? weight, Tensor mean, Tensor rstd, Tensor dy, Tensor? dx, Tensor? dweight, Tensor? dbias);
    internal abstract void CrossEntropy(Tensor logits, Tensor targets, Tensor losses, Tensor lse, int ignore, double smoothing);
    internal abstract void CrossEntropyBackward(Tensor logits, Tensor targets, Tensor lse, Tensor dlosses, Tensor dx, int ignore, double smoothing);

    /// <summary>y[i] = table[indices[i]]</summary>
    internal abstract void Gather(Tensor table, Tensor indices, Tensor y);

    /// <summary>dtable[indices[i]] += dy[i], the rest 0; in a fixed order.</summary>
    internal abstract void ScatterAdd(Tensor dy, Tensor indices, Tensor dtable);

    /// <summary>at += stride · index, the index stretched to at's shape; −size ≤ i &lt; 0 counts from the end.</summary>
    internal abstract void AddIndex(string op, Tensor index, Tensor at, int size, int stride);

    /// <summary>last[p] = the last i with at[i] = p.</summary>
    internal abstract void LastPosition(Tensor at, Tensor last);

    // Windows
    /// <summary>y[j] = Σ x[k, o] over the windows' numbers that lie at j.</summary>
    internal abstract void OverlapAdd(Tensor x, Tensor y, OverlapShape shape);

    /// <summary>places[…, o] = the one of windows[o, …] at which x (…, n) is largest, y what is there; −1 is none.</summary>
    internal abstract void MaxPool(Tensor x, Tensor windows, Tensor y, Tensor places);

    /// <summary>y = the means of the plan's windows on the planes of x (planes, height, width).</summary>
    internal abstract void AvgPool(Tensor x, Tensor y, PoolPlan plan);
    internal abstract void AvgPoolBackward(Tensor dy, Tensor dx, PoolPlan plan);

    // Recurrences along the middle axis of (outer, n, inner)
    /// <summary>yₖ = aₖ yₖ₋₁ + bₖ, without a yₖ₋₁ + bₖ; in reverse from yₖ₊₁.</summary>
    internal abstract void Recurrence(Tensor? a, Tensor b, Tensor y, int n, int inner, bool reverse);

    /// <summary>yₖ = the i of the k-th smallest (or largest) xᵢ; equal ones in order.</summary>
    internal abstract void ArgSort(Tensor x, Tensor y, int n, int inner, bool descending);

    /// <summary>yₖ = the last i ≤ k of the largest (or smallest) xᵢ.</summary>
    internal abstract void RunningArg(bool largest, Tensor x, Tensor y, int n, int inner);

    // Random numbers
    internal abstract void Uniform(Tensor y, double low, double high, Generator generator);
    internal abstract void Normal(Tensor y, double mean, double std, Generator generator);

    /// <summary>y = x/(1 − p) where the number at the position is ≥ p, else 0.</summary>
    internal abstract void Dropout(Tensor x, Tensor y, double p, ulong seed, ulong position);

    // Fused layers
    /// <summary>Weights (depth, gates · n), which may be strided, in the order in which the steps of a recurrent network read them best.</summary>
    internal abstract Tensor PackForSteps(Tensor weight, int gates);

    /// <summary>y = x · weight + bias, <see cref="PackForSteps"/>'s of (depth, gates · n).</summary>
    internal abstract void StepInputs(Tensor x, Tensor weight, Tensor? bias, Tensor y, int gates);

    /// <summary>A step of an LSTM: the gates are x + before · weight, <see cref="PackForSteps"/>'s of (n, 4n). Without activated these are not kept.</summary>
    internal abstract void LstmStep(Tensor x, Tensor before, Tensor weight, Tensor cPrevious, Tensor h, Tensor c, Tensor? activated);

    /// <summary>dh is dy + later · weight, <see cref="PackForSteps"/>'s of (4n, n), with the gradient of the later step's gates; dc becomes that of c₋₁.</summary>
    internal abstract void LstmStepBackward(Tensor dy, Tensor? later, Tensor weight, Tensor activated, Tensor cPrevious, Tensor c, Tensor dc, Tensor dgates);

    /// <summary>A step of a GRU; weight is <see cref="PackForSteps"/>'s of (n, 3n). Without kept nothing is kept for the backward pass.</summary>
    internal abstract void GruStep(Tensor x, Tensor before, Tensor weight, Tensor? bias, Tensor h, Tensor? kept);

    /// <summary>direct: what h gets from the later step beside later · weight; becomes what h₋₁ gets from this one.</summary>
    internal abstract void GruStepBackward(Tensor dy, Tensor? later, Tensor weight, Tensor kept, Tensor before, Tensor direct, Tensor dx, Tensor dproducts);

    /// <summary>h = f(x + before · weight), where f′ can be told from h.</summary>
    internal abstract void RnnStep<F>(F f, Tensor x, Tensor before, Tensor weight, Tensor h) where F : struct, IUnary;

    /// <summary>dx = (dy + later · weight) f′</summary>
    internal abstract void RnnStepBackward<F>(F f, Tensor dy, Tensor? later, Tensor weight, Tensor h, Tensor dx) where F : struct, IUnary;

    internal abstract void LstmCell(Tensor gates, Tensor cPrevious, Tensor h, Tensor c, Tensor activated);
    internal abstract void LstmCellBackward(Tensor activated, Tensor cPrevious, Tensor c, Tensor? dh, Tensor? dc, Tensor dgates, Tensor dcPrevious);

    /// <summary>y = softmax(scale · q kᵀ + bias) v and lse, the log-sum-exp of every query's scores; all but lse may be strided.</summary>
    internal abstract void Attention(Tensor q, Tensor k, Tensor v, Tensor? mask, Tensor? bias, Tensor y, Tensor lse, AttentionShape shape);
    internal abstract void AttentionBackward(Tensor q, Tensor k, Tensor v, Tensor? mask, Tensor? bias, Tensor y, Tensor lse, Tensor dy, Tensor dq, Tensor dk, Tensor dv, Tensor? dbias, AttentionShape shape);
    internal abstract void AttentionWeights(Tensor q, Tensor k, Tensor? mask, Tensor? bias, Tensor lse, Tensor weights, AttentionShape shape);

    // Optimiser steps, in place
    internal abstract void Sgd(Tensor p, Tensor g, Tensor? momentum, double rate, double mu, double dampening, double decay, bool nesterov, bool first);
    internal abstract void Adam(AdamTensors[] all, double rate, double beta1, double beta2, double epsilon, double decay, int step, bool decoupled);

    // All gradients at once, of one type
    /// <summary>sum = Σ x² over all numbers, a number of the most precise type that the device has.</summary>
    internal abstract void SumOfSquares(Tensor[] all, Tensor sum);

    /// <summary>x ← 0 for each.</summary>
    internal abstract void Zero(Tensor[] all);

    /// <summary>x ← factor · x for each; the factor is a number.</summary>
    internal abstract void Scale(Tensor[] all, Tensor factor);

    /// <summary>Waits until everything launched so far is done.</summary>
    internal abstract void Synchronize();
}

/// <summary>A parameter, its gradient and its two moments.</summary>
readonly record struct AdamTensors(Tensor P, Tensor G, Tensor M, Tensor V);
