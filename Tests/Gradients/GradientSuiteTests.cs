using System.Reflection;
using FsCheck.Fluent;
using Xunit;
using static NanoAttention.Tests.Generators;

namespace NanoAttention.Tests.Gradients;

/// <summary>
/// Ops with random shapes, arguments and numbers: forward against loops, the Jacobian of these loops (forward mode, in dual numbers)
/// against the backward pass, and that against differences. More of each, and second derivatives, with NANOATTENTION_LONG=1.
/// </summary>
public class GradientSuiteTests
{
    static readonly Dictionary<string, Func<Draw, Trial>> trials = typeof(Trials)
        .GetMethods(BindingFlags.Static | BindingFlags.Public | BindingFlags.DeclaredOnly).Where(m => m.ReturnType == typeof(Trial))
        .Select(m => (m.Name, Make: m.CreateDelegate<Func<Draw, Trial>>())).Concat(Trials.Elementwise).ToDictionary(t => t.Name, t =>
            t.Make);

    public static TheoryData<string> Names => [.. trials.Keys];

    [Theory, MemberData(nameof(Names))]
    public void An_op_and_its_gradient_are_their_definition(string name)
    {
        var examples = Gen.Choose(0, Example.Largest).ArrayOf(Example.Choices).Select(choices => new Example(trials[name], choices));
        ForAll(examples, example => example.Trial.Check(second: LongRuns.Asked), LongRuns.Asked ? 500 : 20, example => example.Simpler());
    }
}
