namespace NanoAttention.Tests.Python;

/// <summary>A node of the syntax tree; <see cref="Position"/> is the column of the token it is named after.</summary>
public abstract record Expression(int Position);

public sealed record Constant(object? Value, int Position) : Expression(Position);

public sealed record Name(string Id, int Position) : Expression(Position);

/// <summary>target.name</summary>
public sealed record Attribute(Expression Target, string Id, int Position) : Expression(Position);

/// <summary>function(value, *values, keyword=value)</summary>
public sealed record Call(Expression Function, IReadOnlyList<Argument> Arguments, int Position) : Expression(Position);

public sealed record Argument(string? Keyword, Expression Value, bool Unpacked);

/// <summary>target[key]; several keys are a tuple.</summary>
public sealed record Subscript(Expression Target, Expression Key, int Position) : Expression(Position);

/// <summary>start:stop:step inside a subscript, any part absent.</summary>
public sealed record Range(Expression? Start, Expression? Stop, Expression? Step, int Position) : Expression(Position);

public sealed record Tuple(IReadOnlyList<Expression> Items, int Position) : Expression(Position);

public sealed record Sequence(IReadOnlyList<Expression> Items, int Position) : Expression(Position);

public sealed record Mapping(IReadOnlyList<(Expression Key, Expression Value)> Items, int Position) : Expression(Position);

/// <summary>+x, -x, ~x, not x</summary>
public sealed record Unary(string Operator, Expression Operand, int Position) : Expression(Position);

public sealed record Binary(string Operator, Expression Left, Expression Right, int Position) : Expression(Position);

/// <summary>first op₁ x₁ op₂ x₂ …, which means first op₁ x₁ and x₁ op₂ x₂ and …</summary>
public sealed record Comparison(Expression First, IReadOnlyList<(string Operator, Expression Operand)> Rest, int Position) : Expression(Position);

/// <summary>x and y, x or y: the right side is evaluated only where the left does not decide.</summary>
public sealed record Logical(string Operator, Expression Left, Expression Right, int Position) : Expression(Position);

/// <summary>x if test else y</summary>
public sealed record Conditional(Expression Test, Expression WhenTrue, Expression WhenFalse, int Position) : Expression(Position);
