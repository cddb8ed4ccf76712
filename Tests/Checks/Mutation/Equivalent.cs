namespace NanoAttention.Tests.Mutation;

/// <summary>Faults that change nothing a gradient could show.</summary>
/// <param name="File">Where.</param>
/// <param name="Before">What the changed code contains; a single letter is all of it.</param>
/// <param name="Fault">The kind, or null for all.</param>
/// <param name="Proof">Why.</param>
sealed record Equivalent(string File, string Before, string? Fault, string Proof)
{
    const string Kink =
        "It differs at one point alone, a bend, where any slope between the two sides' is right; which one, the conformance tests pin.";
    const string Exact = "The number is 0, ½ or 1, which float32 holds.";
    const string Domain = "It differs only outside the domain, where the function is not finite; the conformance tests have those points.";
    const string Series =
        "It changes the slope by less than the check's bound of 2e-11: the term is there for the last digits, which ElementaryTests count.";
    const string Branches = "It only moves the border between two formulas of one slope, which agree on both sides of it.";

    const string Even = "The slope is an even function.";
    const string Whole = "Integers and truth values are not rounded.";

    public static IReadOnlyList<Equivalent> All { get; } =
    [
        new("Engine/Ops/Abs.cs", "same", "rounded to float32", Exact),
        new("Engine/Ops/Activations.cs", "1.5", null, Kink),
        new("Engine/Ops/Activations.cs", "V.Of(3)", "zero", Kink),
        new("Engine/Ops/Activations.cs", "V.Of(threshold)", "rounded to float32", Branches),
        new("Engine/Ops/Activations.cs", "x", "wrong sign", Even),
        new("Engine/Ops/Arithmetic.cs", "ProductTo(", "operands swapped", "A product is the same with its factors exchanged."),
        new("Engine/Ops/Clamp.cs", "AtMost(", "rounded to float32", Exact),
        new("Engine/Ops/Convert.cs", "dy", null, "Not reached: the suite stays in F64 on the CPU. The tests of conversion have it."),
        new("Engine/Ops/CrossEntropy.cs", "t", "rounded to float32", Whole),
        new("Engine/Ops/CumMax.cs", "NegativeInfinity", "zero", Domain),
        new("Engine/Ops/ErrorFunction.cs", "x", "wrong sign", Even),
        new("Engine/Ops/Gather.cs", "at", "rounded to float32", Whole),
        new("Engine/Ops/Hyperbolic.cs", "x", "wrong sign", Even),
        new("Engine/Ops/Logarithm.cs", "a - b", "one percent off", Branches),
        new("Engine/Ops/Logarithm.cs", "a - b", "rounded to float32", Branches),
        new("Engine/Ops/Logarithm.cs", "b - a", "one percent off", Branches),
        new("Engine/Ops/Logarithm.cs", "b - a", "rounded to float32", Branches),
        new("Engine/Ops/Logarithm.cs", "V.IfEqual(a, zero, ", "operands swapped",
            "Both compare a number with 0 that is 0 where a is, at points where log b is finite; elsewhere a log b has no slope."),
        new("Engine/Ops/Logarithm.cs", "double.NaN", null, Domain),
        new("Engine/Ops/Logarithm.cs", "nan, slope", "operands swapped", Domain),
        new("Engine/Ops/LstmCell.cs", "dy.Slice(0, 0, 1)", "wrong axis",
            "The kernel reads from the slice's first number on, and both slices have the same first."),
        new("Engine/Ops/Max.cs", "EqualTo(", "rounded to float32", Exact),
        new("Engine/Ops/Maximum.cs", "Above(", "rounded to float32", Exact),
        new("Engine/Ops/MaxPool.cs", "at", "rounded to float32", Whole),
        new("Engine/Ops/NotNumbers.cs", "b", "wrong sign", Domain),
        new("Engine/Ops/NotNumbers.cs", "b", "zero", Domain),
        new("Engine/Ops/NotNumbers.cs", "x - x", "zero", Domain),
        new("Engine/Ops/NotNumbers.cs", "TakesFirst(", "rounded to float32", Exact),
        new("Engine/Ops/Pad.cs", "dy.Constant(0)", null, "Zeros, rounded or multiplied by 0, are zeros."),
        new("Engine/Ops/Pow.cs", "V.IfLess(b, V.Of(0), slope, V.Of(0) * y)", null, Domain),
        new("Engine/Ops/Pow.cs", "V.Of(0) * y", null, Domain),
        new("Engine/Ops/Relu.cs", "x", "wrong sign", "Nothing is asked there but whether x is 0."),
        new("Engine/Ops/Remainder.cs", "(y - a) / b", "rounded to float32",
            "Minus the whole number of times that b goes into a, which float32 holds up to 2²⁴."),
        new("Engine/Ops/Sin.cs", "x", "wrong sign", Even),
        new("Engine/Ops/Statistics.cs", "NegativeInfinity", "zero", Domain),
        new("Engine/Ops/Trigonometry.cs", "304.0", null, Series),
        new("Engine/Ops/Trigonometry.cs", "238.0", null, Series),
        new("Engine/Ops/Trigonometry.cs", "180.0", null, Series),
        new("Engine/Ops/Trigonometry.cs", "130.0", null, Series),
        new("Engine/Ops/Trigonometry.cs", "88.0", "rounded to float32", Series),
        new("Engine/Ops/Trigonometry.cs", "54.0", "rounded to float32", Series),
        new("Engine/Ops/Trigonometry.cs", "28.0", "rounded to float32", Series),
        new("Engine/Ops/Trigonometry.cs", "V.Abs(p)", "rounded to float32", Branches),
        new("Engine/Ops/Trigonometry.cs", "V.Of(1)", "zero", Branches),
        new("Engine/Ops/Trigonometry.cs", "V.Of(Math.PI) * x", "last factor dropped", Branches),
        new("Engine/Ops/Where.cs", "condition", "rounded to float32", Whole),
        new("Kernels/Cpu/BatchNorm.cs", "(double)batch * places", "rounded to float32", Whole),
        new("Kernels/Cpu/BatchNorm.cs", "x0, μ, r", "operands swapped", "x − x₀ − μ is the same with the two exchanged."),
        new("Kernels/Cpu/RnnCell.cs", "y", "wrong sign", Even),
        new("Kernels/Cpu/RnnCell.cs", "y", "rounded to float32", "ReLU's slope asks but for its argument's sign, and tanh's not for it at all."),
        new("Kernels/Cpu/RnnCell.cs", "y", "one percent off", "ReLU's slope asks but for its argument's sign, and tanh's not for it at all."),
    ];

    public bool Covers(Mutant m) => m.File == File && (Fault is null || m.Fault == Fault)
        && (Before.Length == 1 ? m.Before == Before : m.Before.Contains(Before, StringComparison.Ordinal));
}
