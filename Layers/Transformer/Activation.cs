namespace NanoAttention;

/// <summary>The nonlinearity of a transformer's inner layer.</summary>
public enum Activation
{
    /// <summary>max(x, 0)</summary>
    Relu,
    /// <summary>x Φ(x)</summary>
    Gelu,
    /// <summary>The same by tanh, as GPT-2 has it.</summary>
    GeluTanh,
}

static class Activations
{
    public static Tensor Activate(this Tensor x, Activation activation) => activation switch
    {
        Activation.Relu => x.Relu(),
        Activation.Gelu => x.Gelu(),
        Activation.GeluTanh => x.GeluTanh(),
        _ => throw new ArgumentOutOfRangeException(nameof(activation), activation, "there is no such activation"),
    };
}
