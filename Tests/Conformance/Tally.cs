namespace NanoAttention.Tests.Conformance;

public enum Verdict { Passed, Failed, NotSupported }

/// <summary>What came of one case: the reason of a failure, or the name that is not supported.</summary>
public sealed record Outcome(string Case, Verdict Verdict, string Detail = "")
{
    /// <summary>What comes of running a case.</summary>
    public static Outcome Of(string name, Action check)
    {
        try
        {
            check();
            return new(name, Verdict.Passed);
        }
        catch (NotSupportedByEngineException missing)
        {
            return new(name, Verdict.NotSupported, missing.Message);
        }
        catch (Exception error)
        {
            return new(name, Verdict.Failed, $"{error.GetType().Name}: {error.Message}");
        }
    }
}

/// <summary>A name that this project has no op, layer or optimiser for; the case is counted, not failed.</summary>
public sealed class NotSupportedByEngineException(string name) : Exception(name);

/// <summary>The outcomes of a group of cases, counted and listed.</summary>
public sealed class Tally(string group, IReadOnlyList<Outcome> outcomes)
{
    public string Group => group;

    public int Total => outcomes.Count;

    public int Count(Verdict verdict) => outcomes.Count(o => o.Verdict == verdict);

    /// <summary>The failures, one a line.</summary>
    public string Failures => string.Join(Environment.NewLine,
        outcomes.Where(o => o.Verdict == Verdict.Failed).Select(o => $"{o.Case}: {o.Detail}"));

    /// <summary>Counts, then what is not supported by name with the number of its cases.</summary>
    public override string ToString()
    {
        var missing = outcomes.Where(o => o.Verdict == Verdict.NotSupported).GroupBy(o => o.Detail).OrderBy(g => g.Key, StringComparer.Ordinal)
            .Select(g => g.Count() == 1 ? g.Key : $"{g.Key} ×{g.Count()}");
        var line = $"{Group}: {Count(Verdict.Passed)} passed, {Count(Verdict.Failed)} failed, {Count(Verdict.NotSupported)} not supported";
        return Count(Verdict.NotSupported) == 0 ? line : $"{line}: {string.Join(", ", missing)}";
    }
}
