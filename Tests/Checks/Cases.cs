using System.Reflection;
using Xunit;

namespace NanoAttention.Tests;

/// <summary>Every case of the engine and of the layers, by a name of its own.</summary>
static class Cases
{
    static readonly Dictionary<string, (Type Type, Case Case)> all = All();

    public static IEnumerable<(Type Type, Case Case)> Values => all.Values;

    public static TheoryData<string> Names => [.. all.Keys];

    public static Case Of(string name) => all[name].Case;

    static Dictionary<string, (Type Type, Case Case)> All()
    {
        var found = new Dictionary<string, (Type Type, Case Case)>();
        foreach (var (type, example) in new[] { typeof(Tensor).Assembly, Assembly.Load("NanoAttention.Layers") }.SelectMany(Case.In))
        {
            string name = $"{type.Name}: {example}", unique = name;
            for (int i = 2; !found.TryAdd(unique, (type, example)); i++) unique = $"{name} #{i}";
        }
        return found;
    }
}
