using System.Globalization;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace NanoAttention.Tests.Mutation;

/// <summary>
/// The faults that can be sown into an expression of a backward pass: a term or factor dropped, a wrong sign, one term 1% off, a number
/// rounded to float32 or zeroed, operands or outputs swapped, a wrong axis, a sum over a broadcast or a transposition left out. Only
/// numbers are touched: tensors, scalars, vectors of numbers (lanes) and floating point, never an index, or kernels would leave their
/// memory.
/// </summary>
sealed class Faults(SemanticModel model, bool inKernel)
{
    /// <summary>Name, and what the expression becomes.</summary>
    public IEnumerable<(string Fault, string After)> Of(ExpressionSyntax e)
    {
        var found = e switch
        {
            BinaryExpressionSyntax binary when IsNumber(e) => OfBinary(binary),
            PrefixUnaryExpressionSyntax { RawKind: (int)SyntaxKind.UnaryMinusExpression } minus when IsNumber(e) =>
                [("wrong sign", $"{minus.Operand}")],
            AssignmentExpressionSyntax assignment when IsNumber(assignment.Left) => OfAssignment(assignment),
            LiteralExpressionSyntax { Token.Value: double value } when value != 0 =>
                [("one percent off", $"{(1.01 * value).ToString("R", CultureInfo.InvariantCulture)}d")],
            InvocationExpressionSyntax call => OfCall(call),
            ConditionalExpressionSyntax choice when !inKernel && IsNumber(e) && IsNumber(choice.WhenTrue) && IsNumber(choice.WhenFalse) =>
                [("branches swapped", $"{choice.Condition} ? {choice.WhenFalse} : {choice.WhenTrue}")],
            CollectionExpressionSyntax { Elements: { Count: >= 2 } parts } when parts[0] is ExpressionElementSyntax a
                && parts[1] is ExpressionElementSyntax b
                && IsNumber(a.Expression) && IsNumber(b.Expression) =>
                    [("outputs swapped", $"[{string.Join(", ", (CollectionElementSyntax[])[b, a, .. parts.Skip(2)])}]")],
            _ => [],
        };
        foreach (var fault in found) yield return fault;
        if (!IsNumber(e) || !IsWhole(e)) yield break;
        if (Constant(e) != 0) yield return ("zero", $"Sown.Zero({e})");
        if (!IsExact(e) && !OnlyDecides(e)) yield return ("rounded to float32", $"Sown.Rounded({e})");
    }

    /// <summary>
    /// For a body too small to hold many of these, more at every name of a number in it: a wrong sign, zero, one in place of the incoming
    /// gradient, rounded, and, in a tensor, numbers in each other's places or the last one missing.
    /// </summary>
    public IEnumerable<(ExpressionSyntax At, string Fault, string After)> AtNames(CSharpSyntaxNode body)
    {
        foreach (var name in body.DescendantNodesAndSelf().OfType<IdentifierNameSyntax>().Where(name => IsNumber(name) && IsRead(name)))
        {
            if (model.GetSymbolInfo(name).Symbol is not (ILocalSymbol or IParameterSymbol or IFieldSymbol or IPropertySymbol)) continue;
            yield return (name, "wrong sign", $"-{name}");
            yield return (name, "zero", $"Sown.Zero({name})");
            if (name.Identifier.Text == "dy") yield return (name, "one in its place", $"Sown.One({name})");
            if (!Decides(name)) yield return (name, "rounded to float32", $"Sown.Rounded({name})");
            if (IsTensor(name))
            {
                yield return (name, "one place off", $"Sown.Shifted({name})");
                yield return (name, "transposed", $"Sown.Turned({name})");
                yield return (name, "last number dropped", $"Sown.Holed({name})");
            }
            else if (!Decides(name)) yield return (name, "one percent off", $"Sown.Off({name})");
        }
    }

    /// <summary>
    /// For a body that is hardly more than a constant or an argument: other constants, the function's other arguments, and, in a kernel's
    /// helper, a wrong sign, one percent, and what else is sown into whole numbers.
    /// </summary>
    public IEnumerable<(ExpressionSyntax At, string Fault, string After)> OfLeast(CSharpSyntaxNode body)
    {
        if (body is not ExpressionSyntax whole || !IsNumber(whole)
            || body.Parent?.Parent is not MethodDeclarationSyntax method) yield break;
        foreach (var call in whole.DescendantNodesAndSelf().OfType<InvocationExpressionSyntax>())
            if (Constant(call) is { } constant)
                foreach (double other in new[] { constant + 0.01, constant + 1, constant - 1 })
                    yield return (call, "another constant", $"V.Of({other.ToString("R", CultureInfo.InvariantCulture)})");
        foreach (var parameter in method.ParameterList.Parameters
            .Where(p => p.Identifier.Text != whole.ToString() && p.Type?.ToString() == "V"))
            yield return (whole, "an argument in its place", parameter.Identifier.Text);
        if (!inKernel) yield break;
        yield return (whole, "wrong sign", $"-({whole})");
        yield return (whole, "one percent off", $"Sown.Off({whole})");
        if (whole is not InvocationExpressionSyntax) yield break;
        yield return (whole, "zero", $"Sown.Zero({whole})");
        yield return (whole, "rounded to float32", $"Sown.Rounded({whole})");
        yield return (whole, "one in its place", "V.Of(1)");
    }

    // Its numbers are used, and not only its shape or where it lies.
    bool IsRead(IdentifierNameSyntax name) => name.Parent switch
    {
        MemberAccessExpressionSyntax { Parent: InvocationExpressionSyntax call } member =>
            member.Expression == name && IsNumber(call) && member.Name.Identifier.Text != "Constant",
        MemberAccessExpressionSyntax or ElementAccessExpressionSyntax or NameColonSyntax => false,
        PostfixUnaryExpressionSyntax or IsPatternExpressionSyntax or ConditionalAccessExpressionSyntax => false,
        AssignmentExpressionSyntax assignment => assignment.Right == name,
        ArgumentSyntax { Parent.Parent: InvocationExpressionSyntax call } => IsNumber(call) && !IsAllocation(call),
        BinaryExpressionSyntax { RawKind: (int)SyntaxKind.EqualsExpression } => false,
        BinaryExpressionSyntax { Right: LiteralExpressionSyntax { Token.ValueText: "0" } } times =>
            !times.IsKind(SyntaxKind.MultiplyExpression),
        _ => true,
    };

    // Nothing is asked but how it compares with another: a choice, or a function of this file that makes one.
    bool Decides(IdentifierNameSyntax name) => OnlyDecides(name) || name.Parent switch
    {
        BinaryExpressionSyntax { RawKind: (int)SyntaxKind.LessThanExpression or (int)SyntaxKind.GreaterThanExpression } => true,
        ArgumentSyntax { Parent.Parent: InvocationExpressionSyntax { Expression: IdentifierNameSyntax helper } } =>
            helper.Identifier.Text is "Above" or "TakesFirst",
        _ => false,
    };

    // what a call with one constant makes of it: V.Of(0.5), dy.Constant(0)
    double? Constant(ExpressionSyntax e) => e switch
    {
        InvocationExpressionSyntax { ArgumentList.Arguments: { Count: 1 } only }
            when model.GetConstantValue(only[0].Expression) is { HasValue: true, Value: IConvertible value } =>
            value.ToDouble(CultureInfo.InvariantCulture),
        PrefixUnaryExpressionSyntax { RawKind: (int)SyntaxKind.UnaryMinusExpression } minus => -Constant(minus.Operand),
        _ => null,
    };

    // A constant that float32 holds, or a choice among such: rounding changes nothing.
    bool IsExact(ExpressionSyntax e) => Constant(e) is { } constant ? (float)constant == constant
        : Choice(e) is var (_, branches) && branches.All(branch => IsExact(branch.Expression));

    // A number of which a choice asks nothing but how it compares with 0: rounding does not change that.
    bool OnlyDecides(ExpressionSyntax e) => e.Parent is ArgumentSyntax { Parent.Parent: InvocationExpressionSyntax call } argument
        && Choice(call) is var (deciding, _) && deciding.Contains(argument)
            && (deciding.Length == 1 || deciding.Any(d => Constant(d.Expression) == 0));

    /// <summary>IfLess(a, b, yes, no) and its like: what decides, and the branches.</summary>
    static (ArgumentSyntax[] Deciding, ArgumentSyntax[] Branches)? Choice(ExpressionSyntax e)
    {
        if (e is not InvocationExpressionSyntax call) return null;
        var arguments = call.ArgumentList.Arguments;
        string name = call.Expression is MemberAccessExpressionSyntax member ? member.Name.Identifier.Text : call.Expression.ToString();
        return name.StartsWith("If", StringComparison.Ordinal) && arguments.Count >= 3
            ? ([.. arguments.SkipLast(2)], [.. arguments.TakeLast(2)]) : null;
    }

    IEnumerable<(string, string)> OfBinary(BinaryExpressionSyntax e)
    {
        var (a, b, same) = (e.Left, e.Right, Same(e.Left, e.Right));
        switch (e.Kind())
        {
            case SyntaxKind.AddExpression when same:
                yield return ("wrong sign", $"{a} - {b}");
                yield return ("first term dropped", $"{b}");
                yield return ("last term dropped", $"{a}");
                yield return ("one percent off", $"{a} + Sown.Off({b})");
                break;
            case SyntaxKind.SubtractExpression when same:
                yield return ("wrong sign", $"{a} + {b}");
                yield return ("first term dropped", $"-({b})");
                yield return ("last term dropped", $"{a}");
                yield return ("one percent off", $"{a} - Sown.Off({b})");
                break;
            case SyntaxKind.MultiplyExpression:
                if (Same(e, a)) yield return ("last factor dropped", $"{a}");
                if (Same(e, b)) yield return ("first factor dropped", $"{b}");
                break;
            case SyntaxKind.DivideExpression:
                if (Same(e, a)) yield return ("divisor dropped", $"{a}");
                if (same) yield return ("upside down", $"({b}) / ({a})");
                break;
        }
    }

    IEnumerable<(string, string)> OfAssignment(AssignmentExpressionSyntax e)
    {
        if (e.Kind() is not (SyntaxKind.AddAssignmentExpression or SyntaxKind.SubtractAssignmentExpression)) yield break;
        bool adds = e.IsKind(SyntaxKind.AddAssignmentExpression);
        yield return ("wrong sign", $"{e.Left} {(adds ? "-=" : "+=")} {e.Right}");
        if (Same(e.Left, e.Right)) yield return ("one percent off", $"{e.Left} {e.OperatorToken.Text} Sown.Off({e.Right})");
        yield return ("term dropped", $"{e.Left} += default({model.GetTypeInfo(e.Right).ConvertedType!.ToDisplayString()})");
    }

    IEnumerable<(string, string)> OfCall(InvocationExpressionSyntax e)
    {
        // what a kernel is given has the sizes that it goes by
        if (e.Parent is ExpressionStatementSyntax || model.GetSymbolInfo(e).Symbol is not IMethodSymbol method) yield break;
        var arguments = e.ArgumentList.Arguments;
        if (e.Expression is MemberAccessExpressionSyntax { Expression: var receiver } && IsNumber(receiver) && IsNumber(e))
        {
            if (method.Name == "SumTo") yield return ("broadcast sum left out", $"{receiver}");
            if (method.Name is "Transpose" or "Permute" or "Flip") yield return ("transposition left out", $"{receiver}");
        }
        for (int i = 0; i < arguments.Count; i++)
        {
            var argument = arguments[i];
            var parameter = argument.NameColon is { } named ? method.Parameters.FirstOrDefault(p => p.Name == named.Name.Identifier.Text)
                : i < method.Parameters.Length ? method.Parameters[i] : null;
            if (parameter is { Name: "axis", Type.SpecialType: SpecialType.System_Int32 })
                yield return ("wrong axis", With(i, $"({argument.Expression}) == 0 ? -1 : 0"));
            if (argument.Expression is LiteralExpressionSyntax { Token.Value: bool flag }
                && method.Name.Contains("Backward", StringComparison.Ordinal))
                yield return ("the other input", With(i, flag ? "false" : "true"));
            if (i > 0 && !(i == 1 && method.Name is "IfEqual" or "MulAdd" or "Hypot") && argument.ToString() != arguments[i - 1].ToString()
                && argument.NameColon is null && IsNumber(argument.Expression) && Same(arguments[i - 1].Expression, argument.Expression)
                && arguments[i - 1].NameColon is null && argument.RefKindKeyword.RawKind == 0)
                yield return ("operands swapped",
                    Call([.. arguments.Select((other, k) => k == i - 1 ? argument : k == i ? arguments[i - 1] : other)]));
        }

        string With(int index, string expression) =>
            Call([.. arguments.Select((other, k) => k == index ? other.WithExpression(SyntaxFactory.ParseExpression(expression)) : other)]);
        string Call(ArgumentSyntax[] given) => $"{e.Expression}({string.Join(", ", given.Select(a => a.ToString()))})";
    }

    // A buffer that is filled later.
    static bool IsAllocation(InvocationExpressionSyntax e) =>
        e.Expression is IdentifierNameSyntax { Identifier.Text: "Like" or "Empty" or "Zeros" or "HeadsInside" };

    /// <summary>A tensor, a scalar, a lane, or a floating point number.</summary>
    bool IsNumber(ExpressionSyntax e) => model.GetTypeInfo(e).Type is { } type
        && (type.SpecialType is SpecialType.System_Double or SpecialType.System_Single || IsOurs(type, "Tensor") || IsOurs(type, "Scalar")
            || type is ITypeParameterSymbol parameter && parameter.ConstraintTypes.Any(c => c.Name is "ILane" or "ISimd"));

    bool IsTensor(ExpressionSyntax e) => model.GetTypeInfo(e).Type is { } type && IsOurs(type, "Tensor");

    static bool IsOurs(ITypeSymbol type, string name) => type.Name == name && type.ContainingNamespace.Name == "NanoAttention";

    bool Same(ExpressionSyntax a, ExpressionSyntax b) =>
        SymbolEqualityComparer.Default.Equals(model.GetTypeInfo(a).Type, model.GetTypeInfo(b).Type);

    // Computed here, and not part of a larger number: so that rounding and zeroing are sown once for a formula.
    bool IsWhole(ExpressionSyntax e)
    {
        if (e is not (BinaryExpressionSyntax or InvocationExpressionSyntax or ConditionalExpressionSyntax)) return false;
        if (e.Kind() is SyntaxKind.LessThanExpression or SyntaxKind.GreaterThanExpression
            or SyntaxKind.LessThanOrEqualExpression or SyntaxKind.GreaterThanOrEqualExpression)
            return false;
        // true or false
        if (e is InvocationExpressionSyntax { Expression: IdentifierNameSyntax { Identifier.Text: "EqualTo" } }) return false;
        if (e.DescendantNodesAndSelf().OfType<InvocationExpressionSyntax>().Any(IsAllocation)) return false;
        if (inKernel && e is InvocationExpressionSyntax) return false;
        SyntaxNode? parent = e.Parent;
        while (parent is ParenthesizedExpressionSyntax) parent = parent.Parent;
        return parent is not ExpressionSyntax outer
            || outer is LambdaExpressionSyntax or AssignmentExpressionSyntax or CollectionExpressionSyntax || !IsNumber(outer);
    }
}
