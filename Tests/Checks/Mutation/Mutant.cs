namespace NanoAttention.Tests.Mutation;

/// <summary>One fault sown into a backward pass.</summary>
/// <param name="Id">Its number, which switches it on.</param>
/// <param name="Region">Which pullback or backward kernel it is in.</param>
/// <param name="File">The source file, from the root of the repository.</param>
/// <param name="Line">The line of what was changed.</param>
/// <param name="Fault">The kind of the fault.</param>
/// <param name="Before">The code that was changed, on one line.</param>
/// <param name="After">What it became.</param>
public sealed record Mutant(int Id, int Region, string File, int Line, string Fault, string Before, string After)
{
    public override string ToString() => $"{File}:{Line}: {Fault}: {Before} → {After}";
}
