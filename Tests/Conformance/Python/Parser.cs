namespace NanoAttention.Tests.Python;

/// <summary>
/// Recursive descent over the expression grammar of Python (reference, chapter 6), without lambda, await and comprehensions.
/// Loosest first: if-else, or, and, not, comparisons, |, ^, &amp;, shifts, + -, * / // % @, unary + - ~, **, then calls, subscripts, attributes.
/// </summary>
public sealed class Parser(string source)
{
    static readonly string[][] levels = [["|"], ["^"], ["&"], ["<<", ">>"], ["+", "-"], ["*", "/", "//", "%", "@"]];
    static readonly string[] comparisons = ["<", "<=", ">", ">=", "==", "!=", "in", "not in", "is", "is not"];

    readonly IReadOnlyList<Token> tokens = Lexer.Read(source);
    int next;

    public static Expression Parse(string source)
    {
        var parser = new Parser(source);
        var expression = parser.Expression();
        return parser.Now.Kind == TokenKind.End ? expression : throw parser.Unexpected();
    }

    Token Now => tokens[next];

    bool At(string text) => Now.Kind is TokenKind.Symbol or TokenKind.Name && Now.Text == text;

    bool Take(string text)
    {
        if (!At(text)) return false;
        next++;
        return true;
    }

    void Expect(string text)
    {
        if (!Take(text)) throw new PythonException($"'{text}' expected, but found {Now.Text}", source, Now.Position);
    }

    PythonException Unexpected() => new($"unexpected {Now.Text}", source, Now.Position);

    Expression Expression()
    {
        var value = Or();
        if (!At("if")) return value;
        var position = Now.Position;
        next++;
        var test = Or();
        Expect("else");
        return new Conditional(test, value, Expression(), position);
    }

    Expression Or()
    {
        var left = And();
        while (At("or")) left = new Logical("or", left, After(And, out var position), position);
        return left;
    }

    Expression And()
    {
        var left = Not();
        while (At("and")) left = new Logical("and", left, After(Not, out var position), position);
        return left;
    }

    Expression Not() => At("not") ? new Unary("not", After(Not, out var position), position) : Compare();

    Expression Compare()
    {
        var first = Infix(0);
        List<(string, Expression)> rest = [];
        var position = Now.Position;
        while (Comparator() is { } comparator) rest.Add((comparator, Infix(0)));
        return rest.Count == 0 ? first : new Comparison(first, rest, position);
    }

    string? Comparator()
    {
        if (At("not") && tokens[next + 1] is { Kind: TokenKind.Name, Text: "in" }) { next += 2; return "not in"; }
        if (Take("is")) return Take("not") ? "is not" : "is";
        if (Array.Find(comparisons, At) is not { } comparator) return null;
        next++;
        return comparator;
    }

    /// <summary>The left-associative operators of one level over those of the next, tighter one.</summary>
    Expression Infix(int level)
    {
        if (level == levels.Length) return Signed();
        var left = Infix(level + 1);
        while (Now.Kind == TokenKind.Symbol && levels[level].Contains(Now.Text))
        {
            var symbol = Now.Text;
            left = new Binary(symbol, left, After(() => Infix(level + 1), out var position), position);
        }
        return left;
    }

    Expression Signed()
    {
        if (Now.Kind != TokenKind.Symbol || Now.Text is not ("+" or "-" or "~")) return Power();
        var symbol = Now.Text;
        return new Unary(symbol, After(Signed, out var position), position);
    }

    /// <summary>** binds tighter than a sign on its left and looser than one on its right, and associates to the right.</summary>
    Expression Power()
    {
        var left = Primary();
        return At("**") ? new Binary("**", left, After(Signed, out var position), position) : left;
    }

    Expression Primary()
    {
        var target = Atom();
        while (true)
        {
            var position = Now.Position;
            if (Take(".")) target = new Attribute(target, Identifier(), position);
            else if (Take("(")) target = new Call(target, Arguments(), position);
            else if (Take("[")) target = new Subscript(target, OneOrTuple(Key, "]", position), position);
            else return target;
        }
    }

    string Identifier()
    {
        if (Now.Kind != TokenKind.Name) throw new PythonException($"a name expected, but found {Now.Text}", source, Now.Position);
        return tokens[next++].Text;
    }

    List<Argument> Arguments()
    {
        List<Argument> arguments = [];
        while (!Take(")"))
        {
            var unpacked = Take("*");
            var keyword = Now.Kind == TokenKind.Name && tokens[next + 1] is { Kind: TokenKind.Symbol, Text: "=" } ? Now.Text : null;
            if (keyword is not null) next += 2;
            else if (!unpacked && arguments.Exists(a => a.Keyword is not null))
                throw new PythonException("a positional argument follows a keyword", source, Now.Position);
            arguments.Add(new(keyword, Expression(), unpacked));
            if (!At(")")) Expect(",");
        }
        return arguments;
    }

    Expression Key()
    {
        var position = Now.Position;
        var start = At(":") ? null : Expression();
        if (!Take(":")) return start!;
        var stop = At(":") || At(",") || At("]") ? null : Expression();
        var step = Take(":") && !At(",") && !At("]") ? Expression() : null;
        return new Range(start, stop, step, position);
    }

    Expression Atom()
    {
        var token = tokens[next];
        switch (token)
        {
            case { Kind: TokenKind.Number or TokenKind.Text }: next++; return new Constant(token.Value, token.Position);
            case { Kind: TokenKind.Name, Text: "None" }: next++; return new Constant(null, token.Position);
            case { Kind: TokenKind.Name, Text: "True" or "False" }: next++; return new Constant(token.Text == "True", token.Position);
            case { Kind: TokenKind.Name, Text: not ("if" or "else" or "and" or "or" or "not" or "in" or "is" or "lambda" or "for") }:
                next++;
                return new Name(token.Text, token.Position);
            case { Kind: TokenKind.Symbol, Text: "..." }: next++; return new Constant(Ellipsis.Value, token.Position);
            case { Kind: TokenKind.Symbol, Text: "(" }: next++; return OneOrTuple(Expression, ")", token.Position);
            case { Kind: TokenKind.Symbol, Text: "[" }: next++; return new Sequence(Items(Expression, "]").Items, token.Position);
            case { Kind: TokenKind.Symbol, Text: "{" }: return Map();
            default: throw Unexpected();
        }
    }

    Mapping Map()
    {
        var position = Now.Position;
        List<(Expression, Expression)> items = [];
        next++;
        while (!Take("}"))
        {
            var key = Expression();
            Expect(":");
            items.Add((key, Expression()));
            if (!At("}")) Expect(",");
        }
        return new(items, position);
    }

    /// <summary>One item is itself; several, none, or one with a comma after it are a tuple.</summary>
    Expression OneOrTuple(Func<Expression> item, string close, int position)
    {
        var (items, comma) = Items(item, close);
        return items.Count == 1 && !comma ? items[0] : new Tuple(items, position);
    }

    /// <summary>The items up to the closing bracket, and whether a comma stands among them.</summary>
    (List<Expression> Items, bool Comma) Items(Func<Expression> item, string close)
    {
        List<Expression> items = [];
        var comma = false;
        while (!Take(close))
        {
            if (items.Count > 0)
            {
                Expect(",");
                comma = true;
                if (Take(close)) break;
            }
            items.Add(item());
        }
        return (items, comma);
    }

    /// <summary>Steps over the operator and reads its right operand.</summary>
    Expression After(Func<Expression> operand, out int position)
    {
        position = Now.Position;
        next++;
        return operand();
    }
}
