namespace NanoAttention;

/// <summary>The nonlinearity of a transformer's inner layer.</summary>
public enum Activation
{
    /// <summary>max(x, 0)</summary>
    Relu,
    /// <summary>x Φ(x)</summary>
    Gelu,
}

static class Activations
{
    public static Tensor Activate(this Tensor x, Activation activation) => activation == Activation.Relu ? x.Relu() : x.Gelu();
}
