using NanoAttention.Tests.Python;

namespace NanoAttention.Tests.Conformance;

public static partial class TorchBindings
{
    static (string Signature, Func<Arguments, object?> Body)[] References =>
    [
        ("ref.detached_square(x)", a => a.Tensor("x") * a.Tensor("x").Detach()),
        ("ref.run_packed(m, x, lengths, hx=None)", a => ((TorchModule)a["m"]!).Call([a["x"], a["hx"]], new Dictionary<string, object?> { ["lengths"] = a["lengths"] })),
        ("ref.additive_attention(query, keys, values, Wq, Wk, v, mask=None)", AdditiveAttention),
    ];

    static object?[] AdditiveAttention(Arguments a)
    {
        Tensor q = a.Tensor("Wq"), k = a.Tensor("Wk"), v = a.Tensor("v");
        var layer = new AdditiveAttention(q.Shape[1], k.Shape[1], v.Shape[0]);
        layer.Load(new Dictionary<string, Tensor> { ["q.weight"] = q, ["k.weight"] = k, ["v"] = v });
        var (context, weights) = layer.Forward(a.Tensor("query"), a.Tensor("keys"), a.Tensor("values"), a.TensorOrNone("mask"));
        (Tensor, Tensor)[] given = [(q, layer.Q.Weight), (k, layer.K.Weight), (v, layer.V)];
        return [Given(context, given), Given(weights, given)];
    }

    /// <summary>A layer's result y, with the gradients of its own parameters passed on to the tensors that their values came from.</summary>
    static Tensor Given(Tensor y, (Tensor From, Tensor Own)[] weights)
    {
        return Reverse.Record(y.Detach(), [(y, dy => dy), .. weights.Select(w => (w.From, Pull(w.Own)))]);

        Func<Tensor, Tensor> Pull(Tensor own) => dy =>
            Reverse.Gradients(y, [own], dy, retainGraph: true, createGraph: Reverse.Recording)[0] ?? NanoAttention.Tensor.Zeros(own.Shape, own.DType);
    }
}
