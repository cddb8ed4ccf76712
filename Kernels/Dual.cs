namespace NanoAttention.Kernels;

/// <summary>
/// A value and its tangent, x + ẋε with ε² = 0: running a formula on it yields the derivative beside the value, exactly and
/// with no step size (forward-mode differentiation). The oracle of hand-written slopes, and the source of second derivatives.
/// </summary>
public readonly struct Dual<V>(V value, V tangent) : ILane<Dual<V>> where V : struct, ILane<V>
{
    public readonly V Value = value, Tangent = tangent;

    static V One => V.Of(1);
    static V Zero => V.Of(0);

    public static Dual<V> Of(double c) => new(V.Of(c), Zero);

    public static Dual<V> operator +(Dual<V> a, Dual<V> b) => new(a.Value + b.Value, a.Tangent + b.Tangent);
    public static Dual<V> operator -(Dual<V> a, Dual<V> b) => new(a.Value - b.Value, a.Tangent - b.Tangent);
    public static Dual<V> operator -(Dual<V> a) => new(-a.Value, -a.Tangent);
    public static Dual<V> operator *(Dual<V> a, Dual<V> b) => new(a.Value * b.Value, a.Tangent * b.Value + a.Value * b.Tangent);
    public static Dual<V> operator /(Dual<V> a, Dual<V> b)
    {
        var y = a.Value / b.Value;
        return new(y, (a.Tangent - y * b.Tangent) / b.Value);
    }

    /// <summary>|x|′ = 0 at 0.</summary>
    public static Dual<V> Abs(Dual<V> x) =>
        new(V.Abs(x.Value), V.IfLess(x.Value, Zero, -x.Tangent, V.IfEqual(x.Value, Zero, Zero, x.Tangent)));

    public static Dual<V> Sqrt(Dual<V> x) { var y = V.Sqrt(x.Value); return new(y, x.Tangent / (y + y)); }
    public static Dual<V> Exp(Dual<V> x) { var y = V.Exp(x.Value); return new(y, x.Tangent * y); }
    public static Dual<V> Log(Dual<V> x) => new(V.Log(x.Value), x.Tangent / x.Value);
    public static Dual<V> Sin(Dual<V> x) => new(V.Sin(x.Value), x.Tangent * V.Cos(x.Value));
    public static Dual<V> Cos(Dual<V> x) => new(V.Cos(x.Value), -x.Tangent * V.Sin(x.Value));
    public static Dual<V> Tanh(Dual<V> x) { var y = V.Tanh(x.Value); return new(y, x.Tangent * (One - y * y)); }

    public static Dual<V> Sigmoid(Dual<V> x) { var y = V.Sigmoid(x.Value); return new(y, x.Tangent * y * (One - y)); }

    /// <summary>erf′ x = 2/√π exp(−x²).</summary>
    public static Dual<V> Erf(Dual<V> x) =>
        new(V.Erf(x.Value), x.Tangent * V.Of(2 / 1.7724538509055160273) * V.Exp(-x.Value * x.Value));

    /// <summary>∂xʸ = y xʸ⁻¹ ∂x + xʸ log x ∂y, where each term is 0 with its tangent; 0ʸ does not depend on y ≥ 0.</summary>
    public static Dual<V> Pow(Dual<V> x, Dual<V> y)
    {
        var power = V.Pow(x.Value, y.Value);
        var ofX = V.IfEqual(x.Tangent, Zero, Zero, V.IfEqual(y.Value, Zero, Zero, x.Tangent * y.Value * V.Pow(x.Value, y.Value - One)));
        var ofY = V.IfEqual(y.Tangent, Zero, Zero, V.IfEqual(power, Zero, Zero, y.Tangent * power * V.Log(x.Value)));
        return new(power, ofX + ofY);
    }

    public static Dual<V> Rem(Dual<V> x, Dual<V> y)
    {
        var rest = V.Rem(x.Value, y.Value);
        return new(rest, x.Tangent - y.Tangent * ((x.Value - rest) / y.Value));
    }

    /// <summary>Ties share the tangents half and half.</summary>
    public static Dual<V> Max(Dual<V> x, Dual<V> y) => new(V.Max(x.Value, y.Value), Ordered(x, y, y.Tangent, x.Tangent));

    /// <summary>Ties share the tangents half and half.</summary>
    public static Dual<V> Min(Dual<V> x, Dual<V> y) => new(V.Min(x.Value, y.Value), Ordered(x, y, x.Tangent, y.Tangent));

    public static Dual<V> Floor(Dual<V> x) => new(V.Floor(x.Value), Zero);

    public static Dual<V> IfLess(Dual<V> x, Dual<V> y, Dual<V> then, Dual<V> otherwise) =>
        new(V.IfLess(x.Value, y.Value, then.Value, otherwise.Value), V.IfLess(x.Value, y.Value, then.Tangent, otherwise.Tangent));

    public static Dual<V> IfEqual(Dual<V> x, Dual<V> y, Dual<V> then, Dual<V> otherwise) =>
        new(V.IfEqual(x.Value, y.Value, then.Value, otherwise.Value), V.IfEqual(x.Value, y.Value, then.Tangent, otherwise.Tangent));

    // less where x < y, more where x > y
    static V Ordered(Dual<V> x, Dual<V> y, V less, V more) =>
        V.IfLess(x.Value, y.Value, less, V.IfEqual(x.Value, y.Value, (less + more) * V.Of(0.5), more));
}

/// <summary>f′ as a formula of its own, whose slope f″ comes from the dual lane: differentiable again, to any order.</summary>
public readonly struct Derivative<F>(F f) : IUnary where F : struct, IUnary
{
    public V Apply<V>(V x) where V : struct, ILane<V> => f.Slope(x, f.Apply(x));
    public V Slope<V>(V x, V y) where V : struct, ILane<V> => Apply(new Dual<V>(x, V.Of(1))).Tangent;
}

/// <summary>∂f/∂a as a formula of its own.</summary>
public readonly struct PartialA<F>(F f) : IBinary where F : struct, IBinary
{
    public V Apply<V>(V a, V b) where V : struct, ILane<V> => f.SlopeA(a, b, f.Apply(a, b));
    public V SlopeA<V>(V a, V b, V y) where V : struct, ILane<V> => Apply(new Dual<V>(a, V.Of(1)), new Dual<V>(b, V.Of(0))).Tangent;
    public V SlopeB<V>(V a, V b, V y) where V : struct, ILane<V> => Apply(new Dual<V>(a, V.Of(0)), new Dual<V>(b, V.Of(1))).Tangent;
}

/// <summary>∂f/∂b as a formula of its own.</summary>
public readonly struct PartialB<F>(F f) : IBinary where F : struct, IBinary
{
    public V Apply<V>(V a, V b) where V : struct, ILane<V> => f.SlopeB(a, b, f.Apply(a, b));
    public V SlopeA<V>(V a, V b, V y) where V : struct, ILane<V> => Apply(new Dual<V>(a, V.Of(1)), new Dual<V>(b, V.Of(0))).Tangent;
    public V SlopeB<V>(V a, V b, V y) where V : struct, ILane<V> => Apply(new Dual<V>(a, V.Of(0)), new Dual<V>(b, V.Of(1))).Tangent;
}
