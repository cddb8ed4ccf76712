using FsCheck;
using FsCheck.Fluent;
using Microsoft.FSharp.Core;

namespace NanoAttention.Tests;

/// <summary>Random shapes and tensors for properties, and loops over them that are too plain to be wrong.</summary>
static class Generators
{
    /// <summary>Sizes: mostly small, sometimes 0 and 1, sometimes a prime past a register's width.</summary>
    public static Gen<int> Size => Gen.Frequency((1, Gen.Constant(0)), (3, Gen.Constant(1)), (8, Gen.Choose(2, 5)), (1, Gen.Constant(17)));

    public static Gen<int> Filled => Size.Where(n => n > 0);

    public static Gen<Shape> Shapes(int minRank = 0, int maxRank = 4, bool filled = false) =>
        from rank in Gen.Choose(minRank, maxRank)
        from sizes in (filled ? Filled : Size).ArrayOf(rank)
        select Shape.Create(sizes);

    /// <summary>A shape and one that stretches to it: leading axes left out, others 1.</summary>
    public static Gen<(Shape Whole, Shape Part)> Stretching =>
        from whole in Shapes()
        from dropped in Gen.Choose(0, whole.Rank)
        from ones in Gen.Elements(true, false).ArrayOf(whole.Rank)
        select (whole, Shape.Create([.. Enumerable.Range(dropped, whole.Rank - dropped).Select(i => ones[i] ? 1 : whole[i])]));

    /// <summary>Distinct numbers, so that whatever is out of place shows; F64, strided in one case of two.</summary>
    public static Gen<Tensor> Tensors(Shape shape) =>
        from seed in Gen.Choose(0, 1000)
        from strided in Gen.Elements(true, false)
        select Make(shape, (ulong)seed, strided);

    public static Gen<Tensor> AnyTensor(int minRank = 0, bool filled = false) =>
        from shape in Shapes(minRank, filled: filled)
        from x in Tensors(shape)
        select x;

    static Tensor Make(Shape shape, ulong seed, bool strided)
    {
        using var _ = Defaults.With(DType.F64, seed: seed);
        if (!strided) return Tensor.Uniform(shape, -2, 2);
        int[] order = [.. Enumerable.Range(0, shape.Rank).Reverse()];
        return Tensor.Uniform(Shape.Create([.. order.Select(i => shape[i])]), -2, 2).Permute(order);
    }

    /// <summary>
    /// Fails with FsCheck's report: the simplest counterexample found and the seed, two numbers, to replay it with: put them into the
    /// environment variable NANOATTENTION_REPLAY (12,34) and run that test alone.
    /// </summary>
    public static void ForAll<T>(Gen<T> gen, Action<T> test, int times = 200, Func<T, IEnumerable<T>>? simpler = null) =>
        Prop.ForAll(simpler is null ? gen.ToArbitrary() : Arb.From(gen, simpler), test).Check(Config.QuickThrowOnFailure.WithMaxTest(times).WithReplay(replay));

    static readonly FSharpOption<Replay>? replay = Environment.GetEnvironmentVariable("NANOATTENTION_REPLAY")?.Split(',') is [var seed, var gamma]
        ? new(new Replay(new(ulong.Parse(seed), ulong.Parse(gamma)), null)) : null;

    /// <summary>Every multi-index of a shape in row-major order.</summary>
    public static IEnumerable<int[]> Indices(Shape shape)
    {
        int[] sizes = shape.Sizes.ToArray();
        for (int flat = 0; flat < shape.Count; flat++)
        {
            var index = new int[sizes.Length];
            for (int i = sizes.Length - 1, rest = flat; i >= 0; rest /= sizes[i], i--) index[i] = rest % sizes[i];
            yield return index;
        }
    }

    /// <summary>The number at a multi-index, counted from the last axis; axes of size 1 repeat, missing leading ones too.</summary>
    public static double At(double[] values, Shape shape, int[] index)
    {
        int flat = 0;
        for (int i = 0; i < shape.Rank; i++) flat = flat * shape[i] + (shape[i] == 1 ? 0 : index[index.Length - shape.Rank + i]);
        return values[flat];
    }
}
