using System.Collections;
using System.Reflection;
using System.Runtime.CompilerServices;
using Xunit;

namespace NanoAttention.Tests;

/// <summary>
/// Every public constructor and method of the engine's and the layers' types (those of a tensor are in <see cref="BadInputTests"/>), with
/// whatever can be given to it. It answers, or it says what is wrong; it never breaks inside. A failure names the seed that repeats it.
/// </summary>
public class BadArgumentTests(ITestOutputHelper output) : IClassFixture<Guarded>
{
    const int tries = 60, patience = 180_000;        // milliseconds, after which a call hangs

    public static TheoryData<string> Kinds => ["engine", "layers", "attention", "models", "losses", "training"];

    // A folder of the sources is a kind.
    static string Kind(Type type) =>
        type.Assembly == typeof(Tensor).Assembly ? "engine"
        : type.IsAssignableTo(typeof(Optimizer)) || type == typeof(Schedule) || type == typeof(GradientClipping) || type == typeof(DataOrder) || type == typeof(WeightAverage) || type == typeof(ParameterGroup) ? "training"
        : type == typeof(Loss) || type == typeof(Crf) ? "losses"
        : type.Name.Contains("Attention", StringComparison.Ordinal) || type.Name.EndsWith("Score", StringComparison.Ordinal) || type == typeof(Masks) ? "attention"
        : type.Name.StartsWith("Gpt", StringComparison.Ordinal) || type.Name.StartsWith("Bert", StringComparison.Ordinal) || type.IsAssignableTo(typeof(Translator)) || type == typeof(Tagger) || type == typeof(CharLstm) || type == typeof(CbamCnn) ? "models"
        : "layers";

    // Files have tests of their own (DamagedFileTests); a case's parts are functions of whoever writes it; the threads are everybody's;
    // what the compiler makes of a record, and properties that are only read, take nothing.
    static readonly MethodBase[] members =
    [
        .. new[] { typeof(Tensor).Assembly, typeof(Module).Assembly }.SelectMany(a => a.GetExportedTypes())
            .Where(t => t != typeof(Tensor) && !t.IsEnum && !t.ContainsGenericParameters && !t.IsAssignableTo(typeof(Delegate)) && t.Namespace == "NanoAttention"
                && !t.IsInterface && t != typeof(Case) && t != typeof(CaseCheck) && t != typeof(CaseSample) && t != typeof(Storage) && t.Name is not "DTypes" and not "GpuDevice" and not "CaseRow" and not "ProfileRow" and not "Translation")
            .SelectMany(t => t.GetMembers(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly).OfType<MethodBase>())
            .Where(m => !(m is ConstructorInfo && m.DeclaringType!.IsAbstract) && !m.IsGenericMethodDefinition && m is not MethodInfo { ReturnType.IsByRefLike: true }
                && m.Name is not "Equals" and not "GetHashCode" and not "<Clone>$" and not "Deconstruct" and not "op_Equality" and not "op_Inequality" and not "set_Threads" and not "GetEnumerator" && !(m.Name.StartsWith("get_", StringComparison.Ordinal) && m.GetParameters().Length == 0)
                && !m.GetParameters().Any(p => p.Name is "path" or "assembly")),
    ];

    static bool CanTry(MethodBase m) => m.GetParameters().All(p => Whatever.CanMake(p.ParameterType)) && (m.IsStatic || m.IsConstructor || Whatever.CanMake(m.DeclaringType!));

    [Fact]
    public void Most_members_are_tried()
    {
        string[] left = [.. members.Where(m => !CanTry(m)).Select(m => $"{m.DeclaringType!.Name}.{m.Name}({string.Join(", ", m.GetParameters().Select(p => p.ParameterType.Name))})")];
        output.WriteLine($"{members.Length - left.Length} constructors and methods are tried; these are not: {string.Join("; ", left)}");
        Assert.InRange(left.Length, 0, members.Length / 40);
    }

    [Fact]
    public void Drawing_from_whatever_numbers_answers_or_says_what_is_wrong()
    {
        double[][] logits = [[], [0], [1, 2, 3], [double.NaN, 1], [double.NegativeInfinity, double.NegativeInfinity], [double.PositiveInfinity, 0, double.PositiveInfinity], [1e308, -1e308]];
        foreach (double[] x in logits)
            foreach (double temperature in (double[])[0, 1e-300, 1, double.PositiveInfinity, double.NaN, -1])
                foreach (int? top in (int?[])[null, int.MinValue, 0, 1, 2, int.MaxValue])
                    try
                    {
                        Assert.InRange(Sampling.Draw(x, temperature, top), 0, x.Length - 1);
                    }
                    catch (ArgumentException e)
                    {
                        Assert.StartsWith("Sampling.Draw: ", e.Message);
                    }
    }

    [Theory, InlineData(0), InlineData(-1), InlineData(1025), InlineData(int.MaxValue)]
    public void So_many_threads_are_refused(int threads) =>
        Assert.Contains("from 1 to 1024", Assert.Throws<ArgumentOutOfRangeException>(() => Device.Cpu.Threads = threads).Message);

    [Theory, MemberData(nameof(Kinds))]
    public void A_member_answers_or_says_what_is_wrong(string kind)
    {
        int answers = 0, refusals = 0;
        var failures = new List<string>();
        foreach (var member in members.Where(m => Kind(m.DeclaringType!) == kind && CanTry(m)))
            for (int seed = 0; seed < tries; seed++)
            {
                string? failure = Try(member, seed);
                if (Guarded.Found is [var damage, ..]) failure = $"{member.DeclaringType!.Name}.{member.Name}, seed {seed}: {damage}";
                if (failure is null) answers++;
                else if (failure.Length == 0) refusals++;
                else
                {
                    failures.Add(failure);
                    break;
                }
            }
        output.WriteLine($"bad input of the {kind}: {answers + refusals} calls, {answers} answered, {refusals} refused");
        Assert.False(Reverse.Observed, "an observer is left, which would watch whatever test this thread runs next");
        Assert.True(failures.Count == 0, $"{failures.Count} members break inside:\n{string.Join("\n", failures)}");
    }

    // As long as is asked for: a text of two thousand million ids is no mistake.
    static bool Endless(ParameterInfo parameter) => parameter is { Name: "count", Member.Name: "Generate" } or { Name: "longest", Member.Name: "Translate" };

    // Null: it answered; empty: it refused; else what went wrong.
    static string? Try(MethodBase member, int seed)
    {
        using var _ = Defaults.With(DType.F32, seed: (ulong)seed);
        using var scope = Scope.Begin();
        var whatever = new Whatever(seed) { Fitting = true };
        object? self = null;
        object?[] given = [];
        using var hang = new Timer(_ => Environment.FailFast($"{member.DeclaringType!.Name}.{member.Name}({string.Join(", ", given.Select(Text))}), seed {seed}: it hangs"), null, patience, Timeout.Infinite);
        try
        {
            self = member.IsStatic || member.IsConstructor ? null : whatever.Object(member.DeclaringType!);
            whatever.Sane = seed % 4 == 0;
            given = [self, .. member.GetParameters().Select(p => Endless(p) ? 2 : whatever.Argument(p))];
            Read(member is ConstructorInfo constructor ? constructor.Invoke(given[1..]) : member.Invoke(self, given[1..]));
            return null;
        }
        catch (Exception e)
        {
            var cause = e is TargetInvocationException { InnerException: { } inner } ? inner : e;
            if (cause is ArgumentException or InvalidOperationException or NotSupportedException && cause is not NullReferenceException && !string.IsNullOrWhiteSpace(cause.Message)) return "";
            string where = string.Join(" < ", (cause.StackTrace ?? "").Split('\n').Where(line => line.Contains("NanoAttention", StringComparison.Ordinal)).Take(2).Select(line => line.Trim()));
            return $"{member.DeclaringType!.Name}.{member.Name}({string.Join(", ", given.Select(Text))}), seed {seed}: {cause.GetType().Name}: {cause.Message} {where}";
        }
        finally
        {
            (self as Profile)?.Dispose();           // or it would watch the thread, and whatever test comes there next
        }
    }

    // What is not computed until it is read, is; slopes are asked for; what is to be disposed of, is.
    static void Read(object? result)
    {
        switch (result)
        {
            case Tensor x:
                x.ToDoubles();
                if (x is { RequiresGrad: true, Count: > 0, Source.Leaf: null }) x.Sum().Backward();
                break;
            case ITuple parts:
                for (int i = 0; i < parts.Length; i++) Read(parts[i]);
                break;
            case Func<int, double> schedule:
                foreach (int step in (int[])[0, 1, 7, 1000, int.MaxValue, -1]) schedule(step);
                break;
            case Sees sees:
                foreach (var (query, key) in ((int, int)[])[(0, 0), (5, 3), (3, 100)]) sees(query, key);
                break;
            case string or Array { Length: 0 } or Module: break;
            case IDisposable disposable: disposable.Dispose(); break;
            case IEnumerable all:
                foreach (object? part in all) Read(part);
                break;
        }
    }

    static string Text(object? x) => x switch
    {
        null => "null",
        Tensor t => $"{t.Shape} {t.DType}",
        string text => $"\"{text}\"",
        Shape shape => $"{shape}",
        Module or Optimizer => x.GetType().Name,
        IEnumerable all => $"[{string.Join(", ", all.Cast<object?>().Select(Text))}]",
        _ => $"{x}",
    };
}
