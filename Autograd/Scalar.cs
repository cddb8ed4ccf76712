using System.Globalization;
using System.Runtime.CompilerServices;
using static NanoAttention.Reverse;

namespace NanoAttention;

/// <summary>A single number with a gradient: a tensor is the same idea with a shape. (The idea is micrograd's, A. Karpathy 2020.)</summary>
public sealed class Scalar(double value) : IVariable<Scalar>
{
    double value = value;

    public double Value { get => value; set => this.value = value; }

    /// <summary>Shown in pictures of the graph.</summary>
    public string? Name { get; set; }

    public Scalar? Grad { get; set; }
    public Node<Scalar>? Source { get; set; }
    public Span<double> Elements => new(ref value);

    /// <summary>Makes it a leaf whose <see cref="Grad"/> a backward pass fills.</summary>
    public Scalar RequireGrad() => Leaf(this);

    /// <summary>Adds d this / d leaf into the Grad of every leaf behind this.</summary>
    public void Backward(bool retainGraph = false, bool createGraph = false) => Reverse.Backward(this, null, retainGraph, createGraph);

    public static implicit operator Scalar(double value) => new(value);

    public static Scalar operator +(Scalar a, Scalar b) => Record(new Scalar(a.value + b.value), a, b, (dy, a, b) => dy, (dy, a, b) => dy, "Add");
    public static Scalar operator -(Scalar a, Scalar b) => Record(new Scalar(a.value - b.value), a, b, (dy, a, b) => dy, (dy, a, b) => -dy, "Subtract");
    public static Scalar operator *(Scalar a, Scalar b) => Record(new Scalar(a.value * b.value), a, b, (dy, a, b) => dy * b, (dy, a, b) => dy * a, "Multiply");
    public static Scalar operator /(Scalar a, Scalar b)
    {
        var y = new Scalar(a.value / b.value);
        return Record(y, [(a, dy => dy / b), (b, dy => -dy * y / b)], "Divide");
    }
    public static Scalar operator -(Scalar a) => Record(new Scalar(-a.value), [(a, dy => -dy)], "Negate");

    /// <summary>xᵖ</summary>
    public Scalar Pow(double p) => Record(new Scalar(Math.Pow(value, p)), [(this, dy => p == 0 ? dy * 0 : dy * p * Pow(p - 1))]);

    public Scalar Exp()
    {
        var y = new Scalar(Math.Exp(value));
        return Record(y, [(this, dy => dy * y)]);
    }

    /// <summary>The natural logarithm.</summary>
    public Scalar Log() => Record(new Scalar(Math.Log(value)), [(this, dy => dy / this)]);

    public Scalar Sin() => Record(new Scalar(Math.Sin(value)), [(this, dy => dy * Cos())]);
    public Scalar Cos() => Record(new Scalar(Math.Cos(value)), [(this, dy => -dy * Sin())]);

    public Scalar Tanh()
    {
        var y = new Scalar(Math.Tanh(value));
        return Record(y, [(this, dy => dy * (1 - y * y))]);
    }

    /// <summary>max(x, 0), with slope 0 at 0.</summary>
    public Scalar Relu() => Record(new Scalar(Math.Max(value, 0)), [(this, dy => value > 0 ? dy : dy * 0)]);

    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{(Name is null ? "" : Name + " = ")}{value:G6}{(Grad is null ? "" : $" (gradient {Grad.value:G6})")}");

    void IVariable<Scalar>.Accumulate(Scalar more) => value += more.value;
    Scalar IVariable<Scalar>.Copy() => new(value);
    static Scalar IVariable<Scalar>.One(Scalar root) => new(1);
    void IVariable<Scalar>.CheckGradient(Scalar gradient, string op) { }
}
