using System.Reflection;
using System.Runtime.Loader;

namespace NanoAttention.Tests.Mutation;

/// <summary>The gradient suite, run on the assembly with the sown faults: which cases enter a region, and whether one of them notices.</summary>
sealed class Harvest
{
    readonly Action<int> switchOn;
    readonly bool[] entered;
    readonly Func<object, bool> passes;
    readonly (object Case, bool[] Regions)[] cases;

    /// <exception cref="InvalidOperationException">The suite fails where no fault is switched on.</exception>
    public Harvest(byte[] assembly, int regions)
    {
        var loaded = new AssemblyLoadContext("sown").LoadFromStream(new MemoryStream(assembly));
        var sown = loaded.GetType("NanoAttention.Sown", throwOnError: true)!;
        var current = sown.GetField("Current")!;
        switchOn = id => current.SetValue(null, id);
        entered = (bool[])sown.GetField("Entered")!.GetValue(null)!;

        var caseType = loaded.GetType("NanoAttention.Case", throwOnError: true)!;
        var check = loaded.GetType("NanoAttention.CaseCheck", throwOnError: true)!.GetMethod("Run")!;
        var passed = check.ReturnType.GetProperty("Passed")!;
        passes = example => (bool)passed.GetValue(check.Invoke(null, [example, 1.0]))!;

        var examples = ((System.Collections.IEnumerable)caseType.GetMethod("In")!.Invoke(null, [loaded])!).Cast<object>()
            .Select(pair => pair.GetType().GetField("Item2")!.GetValue(pair)!);
        cases = [.. examples.Select(example => (example, Time: Measured(example), entered[..regions].ToArray())).OrderBy(c => c.Time).Select(c => (c.example, c.Item3))];
    }

    /// <summary>How many cases enter a region.</summary>
    public int Covering(int region) => cases.Count(c => c.Regions[region]);

    /// <summary>Whether a case that enters the fault's region fails with the fault: its slopes are wrong, or an exception says so.</summary>
    public bool Catches(Mutant fault)
    {
        switchOn(fault.Id);
        try
        {
            foreach (var (example, regions) in cases)
                if (regions[fault.Region] && !Passes(example)) return true;
            return false;
        }
        finally
        {
            switchOn(0);
        }
    }

    TimeSpan Measured(object example)
    {
        Array.Clear(entered);
        var clock = System.Diagnostics.Stopwatch.StartNew();
        if (!Passes(example)) throw new InvalidOperationException($"without a fault, {example} fails");
        return clock.Elapsed;
    }

    bool Passes(object example)
    {
        try
        {
            return passes(example);
        }
        catch (TargetInvocationException)
        {
            return false;
        }
    }
}
