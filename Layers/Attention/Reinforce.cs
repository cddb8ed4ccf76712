namespace NanoAttention;

/// <summary>
/// A gradient for what was drawn (REINFORCE: Williams 1992), as <see cref="HardAttention"/> needs it. Its mean over all draws is the
/// gradient of the mean loss; a baseline b that does not depend on the draw leaves that mean as it is, and lowers the variance.
/// <code>∇ E[L] = E[∇L + (L − b) ∇ ln p],   b ← κ b + (1 − κ) L after each loss (Xu et al. 2015, §4.1)</code>
/// </summary>
/// <param name="keep">κ.</param>
public sealed class Reinforce(double keep = 0.9)
{
    /// <summary>b.</summary>
    public double Baseline { get; private set; }

    /// <summary>Something equal to the losses whose gradient is the estimate; then the baseline moves towards their mean.</summary>
    /// <param name="loss">(b)</param>
    /// <param name="logProbability">(b): ln p of all that was drawn for each of them.</param>
    public Tensor Surrogate(Tensor loss, Tensor logProbability)
    {
        if (loss.Shape != logProbability.Shape)
            throw new ArgumentException(
                $"Reinforce: losses {loss.Shape} and logarithms of probabilities {logProbability.Shape} must have one shape");
        var surrogate = loss + (loss.Detach() - Baseline) * (logProbability - logProbability.Detach());
        Baseline = keep * Baseline + (1 - keep) * loss.Detach().Mean().Item();
        return surrogate;
    }
}
