using System.Reflection;
using Xunit;

namespace NanoAttention.Tests;

/// <summary>
/// Every public method of a tensor, with whatever can be given to it: ranks, sizes (0 too), types, axes and counts right and wrong, the
/// smallest and the largest. It answers, or it says what is wrong; it never breaks inside. A failure names the seed that repeats it.
/// </summary>
public class BadInputTests(ITestOutputHelper output) : IClassFixture<Guarded>
{
    const int Tries = 150;

    // of these nothing can be asked here: delegates, spans of them, streams
    static readonly MethodInfo[] methods = [.. typeof(Tensor).GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly)
        .Where(m => !m.IsGenericMethodDefinition && !m.ReturnType.IsByRefLike && m.GetParameters().All(p => Whatever.CanMake(p.ParameterType)))];

    public static TheoryData<string> Names => [.. methods.Select(m => m.Name).Distinct().Order()];

    [Fact]
    public void Most_methods_are_tried() => Assert.InRange(methods.Length, 150, 1000);

    [Theory, InlineData(DType.Bool), InlineData(DType.I32)]
    public void What_is_made_for_floats_never_writes_into_anything_else(DType type)
    {
        var x = Tensor.Zeros([1, 4, 4], type);
        Action[] all =
        [
            () => Tensor.Uniform([3], dtype: type), () => Tensor.Normal([3], dtype: type), () => Initialise.Uniform(x, 0, 1), () => Initialise.Normal(x),
            () => x.AvgPool([2, 2]), () => x.AdaptiveAvgPool(2, 2),
        ];
        foreach (var call in all) Assert.Contains($"of type {type}", Assert.Throws<ArgumentException>(call).Message);
        var strided = Tensor.Zeros([3, 4]).Transpose();
        Assert.Contains("only contiguous tensors", Assert.Throws<InvalidOperationException>(() => Initialise.Normal(strided)).Message);
    }

    [Fact]
    public void Numbers_are_never_taken_for_wider_ones() =>
        Assert.Contains("(3) of Bool", Assert.Throws<InvalidOperationException>(() => CpuDevice.View<float>(Tensor.Zeros([3], DType.Bool))).Message);

    [Theory, MemberData(nameof(Names))]
    public void A_method_answers_or_says_what_is_wrong(string name)
    {
        int answers = 0, refusals = 0;
        foreach (var method in methods.Where(m => m.Name == name))
            for (int seed = 0; seed < Tries; seed++)
            {
                var whatever = new Whatever(seed);
                object? self = method.IsStatic ? null : whatever.Make(typeof(Tensor));
                object?[] arguments = [.. method.GetParameters().Select(p => whatever.Argument(p))];
                try
                {
                    using var scope = Scope.Begin();
                    Read(method.Invoke(self, arguments));
                    answers++;
                }
                catch (TargetInvocationException e) when (e.InnerException is ArgumentException or InvalidOperationException or NotSupportedException)
                {
                    Assert.False(string.IsNullOrWhiteSpace(e.InnerException.Message));
                    refusals++;
                }
                catch (Exception e)
                {
                    Assert.Fail($"{Call()}: {(e as TargetInvocationException)?.InnerException ?? e}");
                }
                if (Guarded.Found is [var damage, ..]) Assert.Fail($"{Call()}: {damage}");

                string Call() => $"{method.Name}({string.Join(", ", ((object?[])[self, .. arguments]).Select(Text))}), seed {seed}";
            }
        output.WriteLine($"{name}: {answers} answers, {refusals} refusals");
    }

    // What is not computed until it is read, is.
    static void Read(object? result)
    {
        if (result is Tensor x) x.ToDoubles();
        else if (result is Tensor[] all) Array.ForEach(all, part => part.ToDoubles());
    }

    static string Text(object? x) => x switch { null => "null", Tensor t => $"{t.Shape} {t.DType}", Array a => $"[{string.Join(", ", a.Cast<object>())}]", _ => x.ToString()! };
}
