using System.Reflection;
using System.Runtime.Loader;

namespace NanoAttention.Tests.Mutation;

/// <summary>
/// The gradient suite, the engine's cases and the scalars' examples, run on the assembly with the sown faults: which of them enter a
/// region, and whether one notices.
/// </summary>
sealed class Harvest
{
    readonly Action<int> switchOn;
    readonly bool[] entered;
    readonly (Func<bool> Passes, bool[] Regions)[] checks;

    /// <exception cref="InvalidOperationException">The suite fails where no fault is switched on.</exception>
    public Harvest(byte[] assembly, int regions)
    {
        var loaded = new AssemblyLoadContext("sown").LoadFromStream(new MemoryStream(assembly));
        var sown = loaded.GetType("NanoAttention.Sown", throwOnError: true)!;
        var current = sown.GetField("Current")!;
        switchOn = id => current.SetValue(null, id);
        entered = (bool[])sown.GetField("Entered")!.GetValue(null)!;

        var check = loaded.GetType("NanoAttention.CaseCheck", throwOnError: true)!.GetMethod("Run")!;
        var passed = check.ReturnType.GetProperty("Passed")!;
        var listed = loaded.GetType("NanoAttention.Case", throwOnError: true)!.GetMethod("In")!.Invoke(null, [loaded])!;
        var cases = ((System.Collections.IEnumerable)listed).Cast<object>()
            .Select(pair => pair.GetType().GetField("Item2")!.GetValue(pair)!);
        var scalars = loaded.GetType("NanoAttention.Tests.ScalarExamples", throwOnError: true)!;
        var names = (IEnumerable<string>)scalars.GetProperty("Names")!.GetValue(null)!;
        (string Name, Func<bool> Passes)[] suite =
        [
            .. cases.Select(example => ($"{example}", (Func<bool>)(() => (bool)passed.GetValue(check.Invoke(null, [example, 1.0]))!))),
            .. names.Select(name => (name, (Func<bool>)(() => (bool)scalars.GetMethod("Passes")!.Invoke(null, [name])!))),
        ];
        checks = [.. suite.Select(c => (c.Passes, Time: Measured(c.Name, c.Passes), Regions: entered[..regions].ToArray()))
            .OrderBy(c => c.Time).Select(c => (c.Passes, c.Regions))];
    }

    /// <summary>How many cases enter a region.</summary>
    public int Covering(int region) => checks.Count(c => c.Regions[region]);

    /// <summary>
    /// Whether a case that enters the fault's region fails with the fault: its slopes are wrong, or an exception says so.
    /// </summary>
    public bool Catches(Mutant fault)
    {
        switchOn(fault.Id);
        try
        {
            return checks.Any(c => c.Regions[fault.Region] && !Run(c.Passes));
        }
        finally
        {
            switchOn(0);
        }
    }

    TimeSpan Measured(string name, Func<bool> passes)
    {
        Array.Clear(entered);
        var clock = System.Diagnostics.Stopwatch.StartNew();
        if (!Run(passes)) throw new InvalidOperationException($"without a fault, {name} fails");
        return clock.Elapsed;
    }

    static bool Run(Func<bool> passes)
    {
        try
        {
            return passes();
        }
        catch (TargetInvocationException)
        {
            return false;
        }
    }
}
