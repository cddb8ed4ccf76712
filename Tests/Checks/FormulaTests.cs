using System.Reflection;
using NanoAttention.Kernels;
using Xunit;

namespace NanoAttention.Tests;

/// <summary>The slopes written beside the elementwise formulas against the dual lane, forward mode: ⟨Ju, v⟩ = ⟨u, Jᵀv⟩ with no step size.</summary>
public class FormulaTests
{
    static readonly Dictionary<string, Type> formulas = typeof(Tensor).Assembly.GetTypes()
        .Where(t => t.IsValueType && !t.ContainsGenericParameters && (typeof(IUnary).IsAssignableFrom(t) || typeof(IBinary).IsAssignableFrom(t)))
        .ToDictionary(t => t.Name);

    public static TheoryData<string> Names => [.. formulas.Keys];

    [Theory, MemberData(nameof(Names))]
    public void Written_slopes_are_the_transpose_of_the_dual_lanes(string name)
    {
        var type = formulas[name];
        bool unary = typeof(IUnary).IsAssignableFrom(type);
        var check = typeof(FormulaTests).GetMethod(unary ? nameof(Unary) : nameof(Binary), BindingFlags.Static | BindingFlags.NonPublic)!.MakeGenericMethod(type);
        var constructor = type.GetConstructors().FirstOrDefault();
        foreach (double first in new[] { -0.7, 1.3, 2 })
        {
            object formula = constructor is null ? Activator.CreateInstance(type)!
                : constructor.Invoke([.. constructor.GetParameters().Select((p, i) => Convert.ChangeType(first + i, p.ParameterType))]);
            check.Invoke(null, BindingFlags.DoNotWrapExceptions, null, [formula], null);
        }
    }

    static void Unary<F>(F f) where F : struct, IUnary
    {
        int compared = 0;
        foreach (var (low, high) in new[] { (0.05, 0.95), (-3.0, 3.0), (0.2, 30) })
        {
            using var _ = Defaults.With(DType.F64, seed: 3);
            Tensor x = Tensor.Uniform([997], low, high).RequireGrad(), u = Tensor.Normal([997]), v = Tensor.Normal([997]);
            var backward = Reverse.Gradients(x.Map(f), [x], v)[0]!;                 // Jᵀv
            using (Reverse.NoGrad()) compared += Agree(u * x.Map(new Tangent<F>(f)), v, u, backward);
        }
        Assert.InRange(compared, 997 / 3, 3 * 997);
    }

    static void Binary<F>(F f) where F : struct, IBinary
    {
        int compared = 0;
        foreach (var (low, high) in new[] { (0.05, 0.95), (-3.0, 3.0), (0.2, 30) })
        {
            using var _ = Defaults.With(DType.F64, seed: 3);
            Tensor a = Tensor.Uniform([997], low, high).RequireGrad(), b = Tensor.Uniform([997], low, high).RequireGrad();
            Tensor u = Tensor.Normal([997]), v = Tensor.Normal([997]);
            var backward = Reverse.Gradients(Tensor.Zip(a, b, f), [a, b], v);
            using var pause = Reverse.NoGrad();
            compared += Agree(u * Tensor.Zip(a, b, new TangentOf<F>(f, 1, 0)), v, u, backward[0]!);
            compared += Agree(u * Tensor.Zip(a, b, new TangentOf<F>(f, 0, 1)), v, u, backward[1]!);
        }
        Assert.InRange(compared, 997 / 3, 6 * 997);
    }

    // ⟨Ju, v⟩ = ⟨u, Jᵀv⟩, term by term, where both are numbers (a logarithm of a negative one is none); how many those are
    static int Agree(Tensor forward, Tensor v, Tensor u, Tensor backward)
    {
        double[] left = (forward * v).ToDoubles(), right = (u * backward).ToDoubles();
        int compared = 0;
        for (int i = 0; i < left.Length; i++)
        {
            if (!double.IsFinite(left[i]) || !double.IsFinite(right[i])) continue;
            Assert.InRange(Math.Abs(left[i] - right[i]), 0, 1e-13 * Math.Max(1, Math.Abs(left[i])));
            compared++;
        }
        return compared;
    }

    /// <summary>f′ from the dual lane.</summary>
    readonly struct Tangent<F>(F f) : IUnary where F : struct, IUnary
    {
        public V Apply<V>(V x) where V : struct, ILane<V> => f.Apply(new Dual<V>(x, V.Of(1))).Tangent;
        public V Slope<V>(V x, V y) where V : struct, ILane<V> => V.Of(0);
    }

    /// <summary>∂f/∂a · da + ∂f/∂b · db from the dual lane.</summary>
    readonly struct TangentOf<F>(F f, double da, double db) : IBinary where F : struct, IBinary
    {
        public V Apply<V>(V a, V b) where V : struct, ILane<V> => f.Apply(new Dual<V>(a, V.Of(da)), new Dual<V>(b, V.Of(db))).Tangent;
        public V SlopeA<V>(V a, V b, V y) where V : struct, ILane<V> => V.Of(0);
        public V SlopeB<V>(V a, V b, V y) where V : struct, ILane<V> => V.Of(0);
    }
}
