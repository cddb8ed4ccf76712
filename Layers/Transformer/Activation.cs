namespace NanoAttention;

/// <summary>The nonlinearity behind a linear layer.</summary>
public enum Activation
{
    /// <summary>max(x, 0)</summary>
    Relu,
    /// <summary>x Φ(x)</summary>
    Gelu,
    /// <summary>The same by tanh, as GPT-2 has it.</summary>
    GeluTanh,
    /// <summary>tanh x</summary>
    Tanh,
    /// <summary>1/(1 + e⁻ˣ)</summary>
    Sigmoid,
    /// <summary>x σ(x)</summary>
    Silu,
}

static class Activations
{
    /// <summary>f(x Wᵀ + b)</summary>
    public static Tensor Linear(this Tensor x, Tensor weight, Tensor? bias, Activation f) => f switch
    {
        Activation.Relu => x.Linear(weight, bias, default(Tensor.ReluFormula), nameof(Tensor.Relu)),
        Activation.Gelu => x.Linear(weight, bias, default(Tensor.GeluFormula), nameof(Tensor.Gelu)),
        Activation.GeluTanh => x.Linear(weight, bias, default(Tensor.GeluTanhFormula), nameof(Tensor.GeluTanh)),
        Activation.Tanh => x.Linear(weight, bias, default(Tensor.TanhFormula), nameof(Tensor.Tanh)),
        Activation.Sigmoid => x.Linear(weight, bias, default(Tensor.SigmoidFormula), nameof(Tensor.Sigmoid)),
        Activation.Silu => x.Linear(weight, bias, default(Tensor.SiluFormula), nameof(Tensor.Silu)),
        _ => throw new ArgumentOutOfRangeException(nameof(f), f, "there is no such activation"),
    };
}
