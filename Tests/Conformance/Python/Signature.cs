namespace NanoAttention.Tests.Python;

/// <summary>A call that does not fit a signature.</summary>
public sealed class SignatureException(string message) : Exception(message);

/// <summary>
/// A function's parameters, written as Python writes them: <c>sum(input, dim=None, keepdim=False)</c>.
/// A <c>*name</c> takes every value that is left, given one by one or as one tuple or list; what stands behind it is given by keyword.
/// </summary>
public sealed class Signature
{
    readonly record struct Parameter(string Name, bool Required, object? Default);

    readonly List<Parameter> parameters = [];
    readonly string? rest;
    readonly int positional;

    public string Name { get; }

    public Signature(string text)
    {
        var call = (Call)Parser.Parse(text);
        Name = Dotted(call.Function);
        foreach (var argument in call.Arguments)
            if (argument.Unpacked) (rest, positional) = (((Name)argument.Value).Id, parameters.Count);
            else if (argument.Keyword is { } keyword) parameters.Add(new(keyword, false, Evaluator.Evaluate(argument.Value, text)));
            else parameters.Add(new(((Name)argument.Value).Id, true, null));
        if (rest is null) positional = parameters.Count;
    }

    /// <summary>Pairs values and keywords with the parameters, as a Python call does.</summary>
    public Arguments Bind(IReadOnlyList<object?> values, IReadOnlyDictionary<string, object?> keywords)
    {
        Dictionary<string, object?> bound = [];
        foreach (var (i, parameter) in parameters.Index())
            if (i < Math.Min(values.Count, positional)) bound.Add(parameter.Name, values[i]);
            else if (!parameter.Required) bound.Add(parameter.Name, parameter.Default);
        if (rest is not null) bound.Add(rest, Rest([.. values.Skip(positional)]));
        else if (values.Count > parameters.Count)
            throw new SignatureException($"{Name} takes {parameters.Count} values, not {values.Count}");
        foreach (var (name, value) in keywords)
        {
            if (name != rest && !parameters.Exists(p => p.Name == name)) throw new SignatureException($"{Name} has no argument {name}");
            bound[name] = value;
        }
        if (parameters.Find(p => !bound.ContainsKey(p.Name)).Name is { } missing)
            throw new SignatureException($"{Name} lacks the argument {missing}");
        return new(Name, bound);
    }

    static object? Rest(object?[] values) => values is [object?[] or List<object?>] ? values[0] : values;

    static string Dotted(Expression function) => function switch
    {
        Name name => name.Id,
        Attribute attribute => $"{Dotted(attribute.Target)}.{attribute.Id}",
        _ => throw new SignatureException("a signature starts with a name"),
    };
}
