using System.Reflection;
using Xunit;

namespace NanoAttention.Tests;

/// <summary>Every case of the engine, of the layers and of the tutorials, by a name of its own.</summary>
static class Cases
{
    /// <summary>Where ops and layers are.</summary>
    public static readonly Assembly[] Assemblies = [typeof(Tensor).Assembly, typeof(Module).Assembly,
        Assembly.Load("NanoAttention.Tutorials")];

    static readonly Dictionary<string, (Type Type, Case Case)> all = All();

    public static IEnumerable<(Type Type, Case Case)> Values => all.Values;

    public static TheoryData<string> Names => [.. all.Keys];

    /// <summary>The names of the ops' cases, or of all others.</summary>
    public static TheoryData<string> NamesOf(bool isOp) => [.. all.Where(c => c.Value.Type == typeof(Tensor) == isOp).Select(c => c.Key)];

    public static Case Of(string name) => all[name].Case;

    static Dictionary<string, (Type Type, Case Case)> All()
    {
        var found = new Dictionary<string, (Type Type, Case Case)>();
        foreach (var (type, example) in Assemblies.SelectMany(Case.In))
        {
            string name = $"{type.Name}: {example}", unique = name;
            for (int i = 2; !found.TryAdd(unique, (type, example)); i++) unique = $"{name} #{i}";
        }
        return found;
    }
}
