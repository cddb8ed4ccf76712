using System.Runtime.CompilerServices;

namespace NanoAttention;

/// <summary>
/// Compares the slopes that a backward pass computes with slopes measured by nudging the inputs, in double precision. For a
/// function with outputs yᵢ it draws a Gaussian cotangent c (one of ones would pass a softmax whose backward returns zero,
/// because its rows sum to 1) and checks g = ∂ Σ cᵢyᵢ / ∂x against central differences of order 4,
/// <code>
/// D4(h) = (8(y(x + h) − y(x − h)) − (y(x + 2h) − y(x − 2h))) / 12h,   h = 1e-3 · min(1, rms(x)),
/// </code>
/// each output differenced before it is multiplied by its cᵢ. A slope passes where
/// <code>
/// |g − D4(h/2)| ≤ |D4(h) − D4(h/2)| + 2e-11 · max(1, |g|∞) + 4ε (Σ|cᵢyᵢ| + |x|·|g|∞) / h,   ε = 2⁻⁵².
/// </code>
/// Near the edge of a function's domain and where it bends sharply h is made smaller; at a kink g must lie between the slopes
/// of the two sides.
/// </summary>
public static class GradCheck
{
    /// <summary>Inputs up to this size have every coordinate checked; a larger one has as many, spread over it.</summary>
    const int EveryCoordinate = 1000;
    const int Directions = 2;
    const double CotangentScale = 3.7, Epsilon = 1.0 / (1L << 52);

    /// <summary>Checks the gradient of <paramref name="f"/> with respect to a.</summary>
    public static GradReport Run<T>(Func<T> f, T a, [CallerArgumentExpression(nameof(a))] string nameA = "") where T : class, IVariable<T> =>
        Run(f, [a], [nameA]);

    /// <summary>Checks the gradients of <paramref name="f"/> with respect to a and b.</summary>
    public static GradReport Run<T>(Func<T> f, T a, T b, [CallerArgumentExpression(nameof(a))] string nameA = "",
        [CallerArgumentExpression(nameof(b))] string nameB = "") where T : class, IVariable<T> =>
        Run(f, [a, b], [nameA, nameB]);

    /// <summary>Checks the gradients of <paramref name="f"/> with respect to a, b and c.</summary>
    public static GradReport Run<T>(Func<T> f, T a, T b, T c, [CallerArgumentExpression(nameof(a))] string nameA = "",
        [CallerArgumentExpression(nameof(b))] string nameB = "", [CallerArgumentExpression(nameof(c))] string nameC = "") where T : class, IVariable<T> =>
        Run(f, [a, b, c], [nameA, nameB, nameC]);

    /// <summary>Checks the gradients of <paramref name="f"/> with respect to each of <paramref name="inputs"/>.</summary>
    /// <param name="f">Computes the output from the inputs anew at each call, the same way every time.</param>
    /// <param name="inputs">Values that no operation made, in double precision. They are nudged and put back.</param>
    /// <param name="names">What the report calls the inputs.</param>
    /// <param name="coordinates">An input with more elements has this many of them checked, besides random directions.</param>
    public static GradReport Run<T>(Func<T> f, T[] inputs, string[]? names = null, int coordinates = EveryCoordinate) where T : class, IVariable<T>
    {
        using var leaves = new Leaves<T>(inputs, names);
        var y = f();
        var report = Check("gradient", leaves, [y], [Cotangent(y, 1)], coordinates, () =>
        {
            using (Reverse.NoGrad()) return [f()];
        });
        // a function of other things than the inputs passes with slopes of 0, and yet nothing was checked
        bool idle = report.Passed && report.Slopes.Count > 0 && report.Slopes.All(s => s.Analytic == 0)
            && Gradients(f(), inputs, Cotangent(y, 1), create: false).All(g => g is null);
        return idle ? new("gradient", [], $"the function makes no use of {string.Join(" or ", leaves.Names)}: are other inputs meant?") : report;
    }

    /// <summary>Checks the second derivatives of <paramref name="f"/> with respect to a.</summary>
    public static GradReport Second<T>(Func<T> f, T a, [CallerArgumentExpression(nameof(a))] string nameA = "") where T : class, IVariable<T> =>
        Second(f, [a], [nameA]);

    /// <summary>Checks the second derivatives of <paramref name="f"/> with respect to a and b.</summary>
    public static GradReport Second<T>(Func<T> f, T a, T b, [CallerArgumentExpression(nameof(a))] string nameA = "",
        [CallerArgumentExpression(nameof(b))] string nameB = "") where T : class, IVariable<T> =>
        Second(f, [a, b], [nameA, nameB]);

    /// <summary>Checks the second derivatives of <paramref name="f"/> with respect to a, b and c.</summary>
    public static GradReport Second<T>(Func<T> f, T a, T b, T c, [CallerArgumentExpression(nameof(a))] string nameA = "",
        [CallerArgumentExpression(nameof(b))] string nameB = "", [CallerArgumentExpression(nameof(c))] string nameC = "") where T : class, IVariable<T> =>
        Second(f, [a, b, c], [nameA, nameB, nameC]);

    /// <summary>
    /// Checks the gradient of ⟨g, v⟩, where g is the gradient of <paramref name="f"/> under a random cotangent and v is random, with
    /// respect to the inputs and to the cotangent. The differences are taken of plain backward passes, the gradient of a recorded one.
    /// </summary>
    public static GradReport Second<T>(Func<T> f, T[] inputs, string[]? names = null, int coordinates = EveryCoordinate) where T : class, IVariable<T>
    {
        using var leaves = new Leaves<T>(inputs, names);
        var cotangent = Cotangent(f(), 1);
        using var all = new Leaves<T>([.. inputs, cotangent], [.. leaves.Names, "cotangent"]);
        T?[] gradients = Gradients(f(), inputs, cotangent, create: true);
        return Check("second derivative", all, gradients, [.. gradients.Select((g, i) => Cotangent(g ?? inputs[i], 2 + i))], coordinates,
            () => Gradients(f(), inputs, cotangent, create: false));
    }

    static T?[] Gradients<T>(T y, T[] inputs, T cotangent, bool create) where T : class, IVariable<T> =>
        y.Source is null ? new T?[inputs.Length] : Reverse.Gradients(y, inputs, cotangent, createGraph: create);

    /// <summary>A value shaped like <paramref name="y"/>, with Gaussian elements.</summary>
    static T Cotangent<T>(T y, int stream) where T : class, IVariable<T>
    {
        var c = y.Copy();
        var elements = c.Elements;
        for (int i = 0; i < elements.Length; i++) elements[i] = CotangentScale * Gaussian(stream, i);
        return c;
    }

    /// <param name="what">What the report says was checked.</param>
    /// <param name="leaves">What to differentiate with respect to.</param>
    /// <param name="outputs">The outputs with their graph; a null one is zero.</param>
    /// <param name="cotangents">One for each output.</param>
    /// <param name="coordinates">How many coordinates of an input to check at most.</param>
    /// <param name="again">Computes the outputs anew.</param>
    static GradReport Check<T>(string what, Leaves<T> leaves, T?[] outputs, T[] cotangents, int coordinates, Func<T?[]> again) where T : class, IVariable<T>
    {
        var analytic = Analytic(leaves, outputs, cotangents);
        var c = Join(cotangents, cotangents);
        double[] Evaluate() => Join(again(), cotangents);
        var y = Evaluate();
        int bad = Array.FindIndex(y, v => !double.IsFinite(v));
        if (bad >= 0) return new(what, [], FormattableString.Invariant($"output {bad} is {y[bad]} where the check starts: choose inputs at which the function is finite"));
        if (!y.AsSpan().SequenceEqual(Evaluate())) return new(what, [], "two runs of the function on the same inputs gave different outputs: fix its random numbers");

        double size = 0;                            // Σ|cᵢyᵢ|
        for (int i = 0; i < y.Length; i++) size += Math.Abs(c[i] * y[i]);
        var slopes = new List<GradSlope>();
        for (int k = 0; k < leaves.Inputs.Length; k++)
        {
            var x = leaves.Inputs[k];
            var at = leaves.Points[k];
            var g = analytic[k];
            double largest = g.Length == 0 ? 0 : g.Max(Math.Abs), h = 1e-3 * Math.Min(1, RootMeanSquare(at));
            GradSlope Along(double[]? u, int i, double slope, double reach)
            {
                var line = new Line(t => Nudged(x, at, u, i, t, Evaluate), y, c);
                return line.Check(new(leaves.Names[k], i, u is null ? at[i] : double.NaN, slope) { Place = u is null ? x.Place(i) : "" }, h,
                    2e-11 * Math.Max(1, largest), 4 * Epsilon * (size + reach * largest));
            }
            foreach (int i in Spread(at.Length, coordinates)) slopes.Add(Along(null, i, g[i], Math.Abs(at[i])));
            for (int d = 0; d < Directions && at.Length > 1; d++)
            {
                var u = Direction(at.Length, 100 + d);
                slopes.Add(Along(u, -1, Dot(g, u), at.Sum(Math.Abs)));
            }
        }
        return new(what, slopes);
    }

    /// <summary>∂ Σₖ⟨cₖ, yₖ⟩ / ∂x by the backward pass, for each x.</summary>
    static double[][] Analytic<T>(Leaves<T> leaves, T?[] outputs, T[] cotangents) where T : class, IVariable<T>
    {
        double[][] sums = [.. leaves.Points.Select(x => new double[x.Length])];
        for (int k = 0; k < outputs.Length; k++)
        {
            if (outputs[k]?.Source is null) continue;
            var gradients = Reverse.Gradients(outputs[k]!, leaves.Inputs, cotangents[k], retainGraph: true);
            for (int i = 0; i < sums.Length; i++)
            {
                if (gradients[i] is not { } gradient) continue;
                var g = gradient.Copy().Elements;
                for (int j = 0; j < g.Length; j++) sums[i][j] += g[j];
            }
        }
        return sums;
    }

    /// <summary>The outputs at x + t·u, or with coordinate i alone moved by t; x is as before afterwards.</summary>
    static double[] Nudged<T>(T x, double[] at, double[]? u, int i, double t, Func<double[]> evaluate) where T : class, IVariable<T>
    {
        try
        {
            var elements = x.Elements;
            if (u is null) elements[i] = at[i] + t;
            else for (int j = 0; j < at.Length; j++) elements[j] = at[j] + t * u[j];
            return evaluate();
        }
        finally
        {
            if (u is null) x.Elements[i] = at[i];
            else at.CopyTo(x.Elements);
        }
    }

    static double[] Join<T>(T?[] values, T[] shapedLike) where T : class, IVariable<T>
    {
        var joined = new List<double>();
        for (int k = 0; k < values.Length; k++)
        {
            if (values[k] is { } value) joined.AddRange(value.Copy().Elements);
            else joined.AddRange(new double[shapedLike[k].Elements.Length]);
        }
        return [.. joined];
    }

    /// <summary>All of 0 … n − 1, or <paramref name="most"/> of them, one from each stretch of the same length.</summary>
    static IEnumerable<int> Spread(int n, int most)
    {
        if (n <= most) return Enumerable.Range(0, n);
        double stretch = (double)n / most;
        return Enumerable.Range(0, most).Select(k => Math.Min(n - 1, (int)((k + Uniform(99, k)) * stretch)));
    }

    /// <summary>A random direction of length 1.</summary>
    static double[] Direction(int n, int stream)
    {
        double[] u = [.. Enumerable.Range(0, n).Select(i => Gaussian(stream, i))];
        double length = Math.Sqrt(Dot(u, u));
        return [.. u.Select(v => v / length)];
    }

    static double Dot(double[] a, double[] b) => a.Zip(b, (x, y) => x * y).Sum();

    /// <summary>1 where all are zero, so that a step stays a step.</summary>
    static double RootMeanSquare(double[] x) => x.All(v => v == 0) ? 1 : Math.Sqrt(x.Average(v => v * v));

    // Box and Muller 1958
    static double Gaussian(int stream, int i) =>
        Math.Sqrt(-2 * Math.Log(1 - Uniform(stream, 2L * i))) * Math.Cos(2 * Math.PI * Uniform(stream, 2L * i + 1));

    // splitmix64 (Steele, Lea and Flood 2014) of a counter; in [0, 1)
    static double Uniform(int stream, long i)
    {
        ulong z = (ulong)stream * 0xD1342543DE82EF95 + (ulong)(i + 1) * 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return ((z ^ (z >> 31)) >> 11) * (1.0 / (1L << 53));
    }

    /// <summary>Makes leaves of the inputs while a check runs.</summary>
    sealed class Leaves<T> : IDisposable where T : class, IVariable<T>
    {
        readonly T[] made;

        public Leaves(T[] inputs, string[]? names)
        {
            (Inputs, Names) = (inputs, names ?? [.. inputs.Select((_, i) => $"input {i}")]);
            if (Names.Length != inputs.Length) throw new ArgumentException($"GradCheck: {Names.Length} names for {inputs.Length} inputs");
            for (int i = 0; i < inputs.Length; i++)
                if (inputs[i].Source is { Leaf: null } node)
                    throw new ArgumentException($"GradCheck: {Names[i]} was computed by {node.Op}; check with respect to values that no operation made");
            Points = [.. inputs.Select(x => x.Elements.ToArray())];
            made = [.. inputs.Where(x => x.Source is null)];
            foreach (var x in made) Reverse.Leaf(x);
        }

        public T[] Inputs { get; }
        public string[] Names { get; }

        /// <summary>Their numbers, read before anything is recorded: what is writable counts as written.</summary>
        public double[][] Points { get; }

        public void Dispose()
        {
            foreach (var x in made) x.Source = null;
        }
    }
}
