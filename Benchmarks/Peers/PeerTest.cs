using System.Globalization;

namespace NanoAttention.Benchmarks.Peers;

/// <summary>
/// What is compared, by names that all workers know; sizes follow the name. Every test goes through the public interface, and hands its
/// memory back at its end.
/// </summary>
static class PeerTest
{
    /// <summary>One run of the test, its operands made; null for a name that is not known here.</summary>
    public static Action? Prepare(string[] words)
    {
        Defaults.Seed = 1;
        int[] n = [.. words[1..].Where(word => word.All(char.IsAsciiDigit)).Select(word => int.Parse(word, CultureInfo.InvariantCulture))];
        string name = words[0];
        return name switch
        {
            "sgemm" => Product(words[1] == "T", words[2] == "T", n[0], n[1], n[2], DType.F32),
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
            _ when name.StartsWith("gpt_", StringComparison.Ordinal) => Gpt(name.Split('_')[1], n.Length >= 5 ? n : [12, 64, 4, 4, 128]),
            _ => null,
        };
    }

    static Tensor Leaf(params ReadOnlySpan<int> sizes) => Tensor.Normal(Shape.Create(sizes)).RequireGrad();

    static Action Scoped(Action run) => () =>
    {
        using var step = Scope.Begin();
        run();
    };

    static Action Of(Func<Tensor, Tensor> f, params ReadOnlySpan<int> sizes)
    {
        var x = Tensor.Normal(Shape.Create(sizes));
        return Scoped(() => f(x));
    }

    // The backward pass alone, over a graph that is kept.
    static Action BackwardOf(Func<Tensor, Tensor> f, params ReadOnlySpan<int> sizes)
    {
        var x = Leaf(sizes);
        Tensor y = f(x), g = Tensor.Normal(y.Shape);
        return Scoped(() => Reverse.Gradients(y, [x], g, retainGraph: true));
    }

    static Action Product(bool transposeA, bool transposeB, int m, int n, int k, DType type)
    {
        Tensor a = transposeA ? Tensor.Normal([k, m], dtype: type).Transpose() : Tensor.Normal([m, k], dtype: type);
        Tensor b = transposeB ? Tensor.Normal([n, k], dtype: type).Transpose() : Tensor.Normal([k, n], dtype: type);
        return Scoped(() => a.MatMul(b));
    }

    static Action Add(int count)
    {
        Tensor a = Tensor.Normal([count]), b = Tensor.Normal([count]);
        return Scoped(() => _ = a + b);
    }

    static Action LayerNorm(int rows, int size)
    {
        Tensor x = Tensor.Normal([rows, size]), w = Tensor.Normal([size]), b = Tensor.Normal([size]);
        return Scoped(() => x.LayerNorm(w, b));
    }

    static Action LayerNormBackward(int rows, int size)
    {
        Tensor x = Leaf(rows, size), w = Leaf(size), b = Leaf(size), y = x.LayerNorm(w, b), g = Tensor.Normal([rows, size]);
        return Scoped(() => Reverse.Gradients(y, [x, w, b], g, retainGraph: true));
    }

    static Action Attention(int batch, int heads, int length, int size, bool causal, bool backward)
    {
        Tensor[] qkv = [.. Enumerable.Range(0, 3).Select(_ => Tensor.Normal([batch, heads, length, size]))];
        var g = Tensor.Normal([batch, heads, length, size]);
        if (!backward) return Scoped(() => Tensor.ScaledDotProductAttention(qkv[0], qkv[1], qkv[2], causal: causal));
        foreach (var x in qkv) x.RequireGrad();
        return Scoped(() => Reverse.Gradients(Tensor.ScaledDotProductAttention(qkv[0], qkv[1], qkv[2], causal: causal), qkv, g));
    }

    static Action Lstm(int steps, int batch, int inputs, int hidden, bool backward)
    {
        var lstm = new Lstm(inputs, hidden, batchFirst: false);
        Tensor x = Tensor.Normal([steps, batch, inputs]), g = Tensor.Normal([steps, batch, hidden]);
        if (backward) return Scoped(() => Reverse.Gradients(lstm.Forward(x).Output, [.. lstm.Parameters(), x], g));
        return Scoped(() =>
        {
            using var unrecorded = Reverse.NoGrad();
            lstm.Forward(x);
        });
    }

    static Action AdamW(int count)
    {
        var p = Leaf(count);
        p.Grad = Tensor.Normal([count]);
        return Scoped(new AdamW([p]).Step);
    }

    static Action? Gpt(string what, int[] sizes)
    {
        var gpt = new Gpt(new(65, sizes[1], sizes[2], sizes[3], sizes[4]));
        var optimizer = new AdamW(gpt.Parameters(), 1e-3, 0.9, 0.99, decay: 0.1);
        Tensor ids = Ids(), targets = Ids();
        return what switch
        {
            "step" => Step(optimizer, () => gpt.Loss(ids, targets), clip: 1),
            "fb" => Step(optimizer, () => gpt.Loss(ids, targets), take: false),
            "fwd" => Scoped(() =>
            {
                using var unrecorded = Reverse.NoGrad();
                gpt.Loss(ids, targets);
            }),
            _ => null,
        };

        Tensor Ids() => Tensor.Uniform([sizes[0], sizes[1]], 0, 65).To(DType.I32);
    }

    static Action Step(Optimizer optimizer, Func<Tensor> loss, double? clip = null, bool take = true) => Scoped(() =>
    {
        var value = loss();
        optimizer.ZeroGrad();
        value.Backward();
        if (clip is { } max) GradientClipping.Norm(optimizer.Parameters, max);
        if (take) optimizer.Step();
    });

    static Action Cnn(int batch)
    {
        var model = new SqueezeCnn();
        var x = Tensor.Normal([batch, 3, 32, 32]);
        var targets = Tensor.Uniform([batch], 0, 10).To(DType.I32);
        return Step(new AdamW(model.Parameters()), () => model.Forward(x).CrossEntropy(targets));
    }

    /// <summary>Three times a convolution, batch norm, relu, squeeze-and-excitation and a pool of 2 × 2: (n, 3, 32, 32) → (n, 10).</summary>
    sealed class SqueezeCnn : Layer
    {
        public Conv2d Conv1 { get; } = new(3, 32, 3, padding: 1, bias: false);
        public Conv2d Conv2 { get; } = new(32, 64, 3, padding: 1, bias: false);
        public Conv2d Conv3 { get; } = new(64, 128, 3, padding: 1, bias: false);
        public BatchNorm2d Bn1 { get; } = new(32);
        public BatchNorm2d Bn2 { get; } = new(64);
        public BatchNorm2d Bn3 { get; } = new(128);
        public SqueezeExcitation Se1 { get; } = new(32, 8);
        public SqueezeExcitation Se2 { get; } = new(64, 16);
        public SqueezeExcitation Se3 { get; } = new(128, 32);
        public Linear Fc { get; } = new(128, 10);

        public override Tensor Forward(Tensor x)
        {
            x = Se1.Forward(Bn1.Forward(Conv1.Forward(x)).Relu()).MaxPool([2, 2]);      // (n, 32, 16, 16)
            x = Se2.Forward(Bn2.Forward(Conv2.Forward(x)).Relu()).MaxPool([2, 2]);      // (n, 64, 8, 8)
            x = Se3.Forward(Bn3.Forward(Conv3.Forward(x)).Relu()).MaxPool([2, 2]);      // (n, 128, 4, 4)
            return Fc.Forward(x.Mean([2, 3]));
        }
    }

    static Action TinyAdd(bool requireGrad)
    {
        Tensor x = Tensor.Normal([16]), y = Tensor.Normal([16]);
        if (requireGrad) x.RequireGrad();
        return Scoped(() =>
        {
            for (int i = 0; i < 100; i++) _ = x + y;
        });
    }

    static Action TinyAddBackward()
    {
        Tensor x = Leaf(16), y = Tensor.Normal([16]);
        return Scoped(() =>
        {
            var z = x;
            for (int i = 0; i < 100; i++) z += y;
            Reverse.Gradients(z.Sum(), [x]);
        });
    }

    static Action TinyMlp()
    {
        Tensor[] weights = [.. Enumerable.Range(0, 10).Select(_ => Leaf(16, 16))];
        var x = Tensor.Normal([1, 16]);
        return Scoped(() => Reverse.Gradients(weights.Aggregate(x, (h, w) => h.MatMul(w).Tanh()).Sum(), weights));
    }

    static Action TinyScalar()
    {
        Scalar x = new Scalar(0.5).RequireGrad(), c = 0.9;
        return () =>
        {
            var z = x;
            for (int i = 0; i < 50; i++) z = z * c + x;
            x.Grad = null;
            z.Backward();
        };
    }
}
