using System.Reflection;
using Xunit;

namespace NanoAttention.Tests;

/// <summary>
/// Every public method of a tensor, with whatever can be given to it: ranks, sizes (0 too), types, axes and counts right and wrong, the
/// smallest and the largest. It answers, or it says what is wrong; it never breaks inside. A failure names the seed that repeats it.
/// </summary>
public class BadInputTests(ITestOutputHelper output)
{
    const int Tries = 150;

    // of these nothing can be asked here: delegates, spans of them, streams
    static readonly MethodInfo[] methods = [.. typeof(Tensor).GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly)
        .Where(m => !m.IsGenericMethodDefinition && !m.ReturnType.IsByRefLike && m.GetParameters().All(p => CanMake(p.ParameterType)))];

    public static TheoryData<string> Names => [.. methods.Select(m => m.Name).Distinct().Order()];

    [Fact]
    public void Most_methods_are_tried() => Assert.InRange(methods.Length, 150, 1000);

    [Theory, MemberData(nameof(Names))]
    public void A_method_answers_or_says_what_is_wrong(string name)
    {
        int answers = 0, refusals = 0;
        foreach (var method in methods.Where(m => m.Name == name))
            for (int seed = 0; seed < Tries; seed++)
            {
                var random = new Random(seed);
                object? self = method.IsStatic ? null : MakeTensor(random);
                object?[] arguments = [.. method.GetParameters().Select(p => p.HasDefaultValue && random.Next(3) > 0 ? p.DefaultValue is DBNull ? Type.Missing : p.DefaultValue : Make(p.ParameterType, random))];
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
                    Assert.Fail($"{method.Name}({string.Join(", ", ((object?[])[self, .. arguments]).Select(Text))}), seed {seed}: {(e as TargetInvocationException)?.InnerException ?? e}");
                }
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

    static bool CanMake(Type type) => type == typeof(Tensor) || type == typeof(Tensor[]) || type == typeof(int) || type == typeof(int[]) || type == typeof(double) || type == typeof(float)
        || type == typeof(bool) || type == typeof(ulong) || type == typeof(Shape) || type == typeof(DType) || type.IsEnum || type == typeof(Device) || type == typeof(string)
        || type == typeof(PerAxis) || type == typeof(WindowPadding) || Nullable.GetUnderlyingType(type) is { } inner && CanMake(inner);

    static object? Make(Type type, Random random)
    {
        if (Nullable.GetUnderlyingType(type) is { } inner) return random.Next(2) == 0 ? null : Make(inner, random);
        if (type == typeof(Tensor)) return MakeTensor(random);
        if (type == typeof(Tensor[])) return Enumerable.Range(0, random.Next(4)).Select(_ => MakeTensor(random)).ToArray();
        if (type == typeof(int)) return Integer(random);
        if (type == typeof(int[])) return Enumerable.Range(0, random.Next(4)).Select(_ => Integer(random)).ToArray();
        if (type == typeof(double)) return Real(random);
        if (type == typeof(float)) return (float)Real(random);
        if (type == typeof(bool)) return random.Next(2) == 0;
        if (type == typeof(ulong)) return (ulong)random.NextInt64();
        if (type == typeof(Shape)) return MakeShape(random);
        if (type.IsEnum) return random.Next(8) == 0 ? Enum.ToObject(type, 77) : Enum.GetValues(type).GetValue(random.Next(Enum.GetValues(type).Length));
        if (type == typeof(Device)) return Device.Cpu;
        if (type == typeof(string)) return random.Next(3) switch { 0 => "", 1 => "ij,jk->ik", _ => "x" };
        if (type == typeof(PerAxis)) return random.Next(2) == 0 ? (PerAxis)Integer(random) : PerAxis.Create([Integer(random), Integer(random)]);
        return random.Next(2) == 0 ? (WindowPadding)Integer(random) : WindowPadding.Create([Integer(random), Integer(random)]);
    }

    static int Integer(Random random) => random.Next(12) switch { 0 => int.MaxValue, 1 => int.MinValue, _ => random.Next(-3, 5) };

    static double Real(Random random) => random.Next(8) switch { 0 => double.NaN, 1 => double.PositiveInfinity, 2 => 0, 3 => -1e300, _ => 4 * random.NextDouble() - 2 };

    static Shape MakeShape(Random random) => Shape.Create([.. Enumerable.Range(0, random.Next(5)).Select(_ => random.Next(10) == 0 ? 0 : random.Next(1, 4))]);

    static Tensor MakeTensor(Random random)
    {
        var type = random.Next(6) switch { 0 => DType.I32, 1 => DType.Bool, 2 => DType.F64, _ => DType.F32 };
        var shape = MakeShape(random);
        var x = Tensor.Of([.. Enumerable.Range(0, shape.Count).Select(_ => (double)random.Next(-2, 4))], shape, DType.F64);
        var converted = type == DType.Bool ? x > 0 : x.To(type);
        if (type.IsFloat && random.Next(3) == 0) converted.RequireGrad();
        return shape.Rank >= 2 && random.Next(3) == 0 ? converted.Detach().Transpose() : converted;
    }
}
