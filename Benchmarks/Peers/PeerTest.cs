using System.Globalization;
using NanoAttention.Kernels.Cpu;

namespace NanoAttention.Benchmarks.Peers;

/// <summary>
/// What is compared, by names that all workers know; sizes follow the name. Every test goes through the public interface and yields what
/// it computed: a tensor, several, or a scalar. All workers make their operands by the same formula, so that results can be compared.
/// </summary>
static class PeerTest
{
    static int operands;

    /// <summary>One run of the test, its operands made; null for a name that is not known here. The caller hands back the memory.</summary>
    public static Func<object>? Prepare(string[] words)
    {
        FromFirst();
        int[] n = [.. words[1..].Where(word => word.All(char.IsAsciiDigit)).Select(word => int.Parse(word, CultureInfo.InvariantCulture))];
        string name = words[0];
        return name switch
        {
            "sgemm" => Product(words[1] == "T", words[2] == "T", n[0], n[1], n[2], Defaults.DType),
            "tf32" => Rounding(Product(words[1] == "T", words[2] == "T", n[0], n[1], n[2], Defaults.DType)),
            "dgemm" => Product(false, false, n[0], n[1], n[2], DType.F64),
            "softmax" => Of(x => x.Softmax(), n[0], n[1]),
            "softmaxbwd" => BackwardOf(x => x.Softmax(), n[0], n[1]),
            "layernorm" => LayerNorm(n[0], n[1]),
            "layernormbwd" => LayerNormBackward(n[0], n[1]),
            "gelu" => Of(x => x.Gelu(), n[0]),
            "gelutanh" => Of(x => x.GeluTanh(), n[0]),
            "gelubwd" => BackwardOf(x => x.Gelu(), n[0]),
            "exp" => Of(x => x.Exp(), n[0]),
            "tanh" => Of(x => x.Tanh(), n[0]),
            "sigmoid" => Of(x => x.Sigmoid(), n[0]),
            "copy" => Of(x => x.Clone(), n[0]),
            "sum" => Of(x => x.Sum(), n[0]),
            "add" => Add(n[0]),
            "sdpa" or "sdpac" or "sdpafb" or "sdpafbc" => Attention(n[0], n[1], n[2], n[3], name.EndsWith('c'), name.Contains("fb")),
            "lstm" or "lstmfb" => Lstm(n[0], n[1], n[2], n[3], name == "lstmfb"),
            "adam" or "adamfe" or "adamfu" => AdamW(n[0]),
            "cnn_step" => Cnn(n[0]),
            "tiny_add" => TinyAdd(requireGrad: true),
            "tiny_addng" => TinyAdd(requireGrad: false),
            "tiny_addbwd" => TinyAddBackward(),
            "tiny_mlp" => TinyMlp(),
            "tiny_scalar" => TinyScalar(),
            "handoff" => HandOff(),
            _ when name.StartsWith("gpt_", StringComparison.Ordinal) => Gpt(name.Split('_')[1], n.Length >= 5 ? n : [12, 64, 4, 4, 128]),
            _ => null,
        };
    }

    /// <summary>Begins a test: the next operand is its first.</summary>
    public static void FromFirst() => operands = 0;

    // Number i of operand j is ((7919 i + 104729 j + 13) mod 10007) / 2500 − 2, times the scale: about as wide as normal numbers.
    static double[] Numbers(int count, double scale = 1)
    {
        long first = 104729L * operands++ + 13;
        double[] numbers = new double[count];
        for (int i = 0; i < count; i++) numbers[i] = scale * ((7919L * i + first) % 10007 / 2500.0 - 2);
        return numbers;
    }

    /// <summary>The test's next operand.</summary>
    public static Tensor Operand(Shape shape, DType? type = null) => Tensor.Of(Numbers(shape.Count), shape, type);

    // Whole numbers under the limit.
    static Tensor Ids(Shape shape, int limit) =>
        Tensor.From(Array.ConvertAll(Numbers(shape.Count), x => (int)Math.Round((x + 2) * 2500) % limit), shape);

    static Tensor Leaf(params ReadOnlySpan<int> sizes) => Operand(Shape.Create(sizes)).RequireGrad();

    static M Filled<M>(M model) where M : Module
    {
        foreach (var p in model.Parameters()) p.CopyFrom(Tensor.Of(Numbers(p.Count, 0.05), p.Shape));
        return model;
    }

    static object[] Gradients(Tensor y, Tensor[] inputs, Tensor? seed = null, bool retainGraph = false) =>
        Reverse.Gradients(y, inputs, seed, retainGraph)!;

    static Func<object> Of(Func<Tensor, Tensor> f, params ReadOnlySpan<int> sizes)
    {
        var x = Operand(Shape.Create(sizes));
        return () => f(x);
    }

    // The backward pass alone, over a graph that is kept.
    static Func<object> BackwardOf(Func<Tensor, Tensor> f, params ReadOnlySpan<int> sizes)
    {
        var x = Leaf(sizes);
        Tensor y = f(x), g = Operand(y.Shape);
        return () => Gradients(y, [x], g, retainGraph: true);
    }

    static Func<object> Product(bool transposeA, bool transposeB, int m, int n, int k, DType type)
    {
        Tensor a = transposeA ? Operand([k, m], type).Transpose() : Operand([m, k], type);
        Tensor b = transposeB ? Operand([n, k], type).Transpose() : Operand([k, n], type);
        return () => a.MatMul(b);
    }

    // With tensor cores, where the device has them.
    static Func<object> Rounding(Func<object> product) => () =>
    {
        using var rounding = Defaults.With(precision: MatMulPrecision.TensorFloat32);
        return product();
    };

    static Func<object> Add(int count)
    {
        Tensor a = Operand([count]), b = Operand([count]);
        return () => a + b;
    }

    static Func<object> LayerNorm(int rows, int size)
    {
        Tensor x = Operand([rows, size]), w = Operand([size]), b = Operand([size]);
        return () => x.LayerNorm(w, b);
    }

    static Func<object> LayerNormBackward(int rows, int size)
    {
        Tensor x = Leaf(rows, size), w = Leaf(size), b = Leaf(size), y = x.LayerNorm(w, b), g = Operand([rows, size]);
        return () => Gradients(y, [x, w, b], g, retainGraph: true);
    }

    static Func<object> Attention(int batch, int heads, int length, int size, bool causal, bool backward)
    {
        Tensor[] qkv = [.. Enumerable.Range(0, 3).Select(_ => Operand([batch, heads, length, size]))];
        var g = Operand([batch, heads, length, size]);
        if (!backward) return () => Tensor.ScaledDotProductAttention(qkv[0], qkv[1], qkv[2], causal: causal);
        foreach (var x in qkv) x.RequireGrad();
        return () => Gradients(Tensor.ScaledDotProductAttention(qkv[0], qkv[1], qkv[2], causal: causal), qkv, g);
    }

    static Func<object> Lstm(int steps, int batch, int inputs, int hidden, bool backward)
    {
        var lstm = Filled(new Lstm(inputs, hidden, batchFirst: false));
        Tensor x = Operand([steps, batch, inputs]), g = Operand([steps, batch, hidden]);
        if (!backward) return Unrecorded(() => lstm.Forward(x).Output);
        Tensor[] leaves = [.. lstm.Parameters(), x.RequireGrad()];
        return () => Gradients(lstm.Forward(x).Output, leaves, g);
    }

    static Func<object> AdamW(int count)
    {
        var p = Leaf(count);
        p.Grad = Operand([count]);
        var optimizer = new AdamW([p]);
        return () =>
        {
            optimizer.Step();
            return p;
        };
    }

    static Func<object> Unrecorded(Func<object> run) => () =>
    {
        using var unrecorded = Reverse.NoGrad();
        return run();
    };

    static Func<object>? Gpt(string what, int[] sizes)
    {
        var gpt = Filled(new Gpt(new(65, sizes[1], sizes[2], sizes[3], sizes[4])));
        var optimizer = new AdamW(gpt.Parameters(), 1e-3, 0.9, 0.99, decay: 0.1);
        Tensor ids = Ids([sizes[0], sizes[1]], 65), targets = Ids([sizes[0], sizes[1]], 65);
        return what switch
        {
            "step" => Step(optimizer, Loss, clip: 1),
            "fb" => Step(optimizer, Loss, take: false),
            "fwd" => Unrecorded(Loss),
            _ => null,
        };

        Tensor Loss() => gpt.Loss(ids, targets);
    }

    /// <summary>A training step; what it computed is the loss and the gradients.</summary>
    public static Func<object> Step(Optimizer optimizer, Func<Tensor> loss, double? clip = null, bool take = true)
    {
        Tensor[] parameters = [.. optimizer.Parameters];
        return () =>
        {
            var value = loss();
            optimizer.ZeroGrad();
            value.Backward();
            if (clip is { } max) GradientClipping.Norm(parameters, max);
            if (take) optimizer.Step();
            return (object[])[value, .. parameters.Select(p => p.Grad!)];
        };
    }

    static Func<object> Cnn(int batch)
    {
        var model = Filled(new SqueezeCnn());
        Tensor x = Operand([batch, 3, 32, 32]), targets = Ids([batch], 10);
        return Step(new AdamW(model.Parameters()), () => model.Forward(x).CrossEntropy(targets));
    }

    static Func<object> TinyAdd(bool requireGrad)
    {
        Tensor x = Operand([16]), y = Operand([16]);
        if (requireGrad) x.RequireGrad();
        return () =>
        {
            Tensor z = x;
            for (int i = 0; i < 100; i++) z = x + y;
            return z;
        };
    }

    static Func<object> TinyAddBackward()
    {
        Tensor x = Leaf(16), y = Operand([16]);
        return () =>
        {
            var z = x;
            for (int i = 0; i < 100; i++) z += y;
            return Gradients(z.Sum(), [x]);
        };
    }

    static Func<object> TinyMlp()
    {
        Tensor[] weights = [.. Enumerable.Range(0, 10).Select(_ => Leaf(16, 16))];
        var x = Operand([1, 16]);
        return () => Gradients(weights.Aggregate(x, (h, w) => h.MatMul(w).Tanh()).Sum(), weights);
    }

    static Func<object> TinyScalar()
    {
        Scalar x = new Scalar(0.5).RequireGrad(), c = 0.9;
        return () =>
        {
            var z = x;
            for (int i = 0; i < 50; i++) z = z * c + x;
            x.Grad = null;
            z.Backward();
            return x;
        };
    }

    // A hundred jobs that two threads must come to.
    static Func<object>? HandOff()
    {
        if (Device.Cpu.Threads < 2) return null;
        var workers = Device.Cpu.Workers(all: true);
        var here = new int[1];
        return () =>
        {
            for (int i = 0; i < 100; i++)
            {
                here[0] = 0;
                workers.Run(new Meeting(here), 2, 1e6);
            }
            return here;
        };
    }

    readonly struct Meeting(int[] here) : IScalarKernel
    {
        public void Run(int from, int to)
        {
            Interlocked.Add(ref here[0], to - from);
            while (Volatile.Read(ref here[0]) < 2) { }
        }
    }
}
