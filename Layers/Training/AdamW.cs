namespace NanoAttention;

/// <summary><see cref="Adam"/> with the weight decay apart from the gradient: p ← p − ηλp (Loshchilov and Hutter 2019).</summary>
public sealed class AdamW(IEnumerable<ParameterGroup> groups, double rate = 1e-3, double beta1 = 0.9, double beta2 = 0.999, double epsilon = 1e-8, double decay = 1e-2, bool amsgrad = false)
    : Adam(groups, rate, beta1, beta2, epsilon, decay, amsgrad, decoupled: true)
{
    public AdamW(IEnumerable<Tensor> parameters, double rate = 1e-3, double beta1 = 0.9, double beta2 = 0.999, double epsilon = 1e-8, double decay = 1e-2, bool amsgrad = false)
        : this([new ParameterGroup(parameters)], rate, beta1, beta2, epsilon, decay, amsgrad) { }
}
