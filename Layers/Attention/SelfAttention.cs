namespace NanoAttention;

/// <summary>
/// What the layers of self-attention in several heads have in common: queries, keys and values of one input, and the heads' answers
/// put together, with LLaMA's names. Key heads may be fewer than query heads. Shapes: (b, t, d) → (b, t, d).
/// </summary>
public abstract class SelfAttention : Layer
{
    readonly int size;

    private protected SelfAttention(int size, int heads, int? keyHeads = null)
    {
        string name = GetType().Name;
        (this.size, QueryHeads, KeyHeads) = (size, Heads.Of(name, size, heads), keyHeads ?? heads);
        if (KeyHeads < 1 || heads % KeyHeads != 0)
            throw new ArgumentException($"{name}: {KeyHeads} key heads do not divide the {heads} query heads");
        int keySize = size / heads * KeyHeads;
        QProj = new(size, size, bias: false);
        KProj = new(size, keySize, bias: false);
        VProj = new(size, keySize, bias: false);
        OProj = new(size, size, bias: false);
    }

    private protected int QueryHeads { get; }

    private protected int KeyHeads { get; }

    /// <summary>weight (d, d)</summary>
    public Linear QProj { get; }

    /// <summary>weight (d/heads · key heads, d)</summary>
    public Linear KProj { get; }

    /// <summary>weight (d/heads · key heads, d)</summary>
    public Linear VProj { get; }

    /// <summary>weight (d, d)</summary>
    public Linear OProj { get; }

    /// <param name="x">(b, t, d)</param>
    /// <param name="attend">q (b, h, t, d/h), k, v (b, key heads, t, d/h) → (b, h, t, d/h), and the weights if asked, (b, h, t, s).</param>
    private protected (Tensor Output, Tensor? Weights) Run(Tensor x, Func<Tensor, Tensor, Tensor, (Tensor Y, Tensor? Weights)> attend)
    {
        if (x.Rank != 3 || x.Shape[2] != size)
            throw new ArgumentException($"{GetType().Name}: the input {x.Shape} must be (batch, time, {size})");
        var (y, weights) = attend(Split(QProj, QueryHeads), Split(KProj, KeyHeads), Split(VProj, KeyHeads));
        return (OProj.Forward(Heads.Merge(y)), weights);

        Tensor Split(Linear projection, int heads) => Heads.Split(projection.Forward(x), 1, heads)[0];
    }
}
