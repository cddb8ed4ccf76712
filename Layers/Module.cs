using System.Collections.Concurrent;
using System.Reflection;
using System.Text.RegularExpressions;

namespace NanoAttention;

/// <summary>What a property is called in a state dict, where snake_case of its own name is not it. An empty name, or one that ends in _, is joined to what follows without a dot.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class NameAttribute(string name) : Attribute
{
    public string Name => name;
}

/// <summary>
/// Something with tensors to train. They are found by looking at its public properties when asked, in declaration order, base class
/// first: tensors, modules, lists of modules and dictionaries of tensors, under PyTorch's dotted snake_case names.
/// Tensors made with <see cref="Tensor.RequireGrad"/> are parameters; the others (running statistics) are only saved.
/// </summary>
public abstract partial class Module : IParameterized
{
    static readonly ConcurrentDictionary<Type, (PropertyInfo Property, string Name)[]> members = [];

    /// <summary>Whether the module is in training mode, in which Dropout drops; true at first.</summary>
    public bool Training { get; private set; } = true;

    /// <summary>Turns training mode on here and in all modules below.</summary>
    public void Train() => SetTraining(true);

    /// <summary>Turns training mode off here and in all modules below.</summary>
    public void Eval() => SetTraining(false);

    void SetTraining(bool on)
    {
        Training = on;
        foreach (var (_, value) in Members())
            if (value is Module child) child.SetTraining(on);
    }

    /// <summary>Every tensor with its name; one that is reachable by two names comes once, under the first.</summary>
    public IEnumerable<(string Name, Tensor Value)> Named()
    {
        var seen = new HashSet<Tensor>(ReferenceEqualityComparer.Instance);
        return Walk("").Where(found => seen.Add(found.Value));
    }

    /// <summary>What is trained; each tensor once.</summary>
    public IEnumerable<Tensor> Parameters() => Named().Where(found => found.Value.RequiresGrad).Select(found => found.Value);

    /// <summary>How many numbers are trained.</summary>
    public long ParameterCount => Parameters().Sum(p => (long)p.Count);

    /// <summary>The tensors by name. They share memory with the module's own.</summary>
    public OrderedDictionary<string, Tensor> StateDict()
    {
        var state = new OrderedDictionary<string, Tensor>();
        foreach (var (name, value) in Named()) state.Add(name, value.Detach());
        return state;
    }

    /// <summary>
    /// Copies the tensors of a state dict into the module's, converting between F32 and F64. Throws, before anything is changed,
    /// with a list of all names that are missing, unexpected or of another shape. A tensor with two names may come under either or both.
    /// </summary>
    public void Load(IReadOnlyDictionary<string, Tensor> state) => Loading(state)();

    /// <summary>Throws where the state dict does not fit; the result loads it.</summary>
    internal Action Loading(IReadOnlyDictionary<string, Tensor> state)
    {
        var own = Walk("").ToArray();
        var found = new Dictionary<Tensor, Tensor>(ReferenceEqualityComparer.Instance);
        var wrong = new List<string>();
        foreach (var (name, value) in own)
        {
            if (!state.TryGetValue(name, out var given)) continue;
            if (given.Shape != value.Shape) wrong.Add($"{name} has shape {given.Shape}, not {value.Shape}");
            else if (given.DType.IsFloat != value.DType.IsFloat) wrong.Add($"{name} holds {given.DType}, not {value.DType}");
            found[value] = given;
        }
        wrong.AddRange(own.Where(o => !found.ContainsKey(o.Value)).DistinctBy(o => o.Value, ReferenceEqualityComparer.Instance).Select(o => $"{o.Name} is missing"));
        var known = own.Select(o => o.Name).ToHashSet();
        wrong.AddRange(state.Keys.Where(name => !known.Contains(name)).Select(name => $"{name} is unexpected"));
        if (wrong.Count > 0) throw new ArgumentException($"{GetType().Name}.Load: {string.Join("; ", wrong)}");

        return () =>
        {
            foreach (var (value, given) in found) value.CopyFrom(given.Detach().To(value.DType).To(value.Device));
        };
    }

    // All names, those of shared tensors as often as they are reachable.
    IEnumerable<(string Name, Tensor Value)> Walk(string prefix)
    {
        foreach (var (name, value) in Members())
            if (value is Tensor tensor) yield return (prefix + name, tensor);
            else if (value is Module module)
                foreach (var found in module.Walk(prefix + Joined(name))) yield return found;
    }

    // The tensors and modules right below this one.
    IEnumerable<(string Name, object Value)> Members()
    {
        foreach (var (property, name) in members.GetOrAdd(GetType(), Look))
            switch (property.GetValue(this))
            {
                case Tensor tensor: yield return (name, tensor); break;
                case Module module: yield return (name, module); break;
                case IEnumerable<KeyValuePair<string, Tensor>> dictionary:
                    foreach (var (key, tensor) in dictionary) yield return (Joined(name) + key, tensor);
                    break;
                case IEnumerable<Module> list:
                    int i = 0;
                    foreach (var module in list) yield return ($"{Joined(name)}{i++}", module);
                    break;
            }
    }

    static string Joined(string name) => name.Length == 0 || name[^1] == '_' ? name : name + ".";

    static (PropertyInfo, string)[] Look(Type type) =>
    [
        .. type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(p => p.GetIndexParameters().Length == 0 && !p.PropertyType.IsValueType)
            .OrderBy(p => Depth(p.DeclaringType!)).ThenBy(p => p.MetadataToken)
            .Select(p => (p, p.GetCustomAttribute<NameAttribute>()?.Name ?? Snake(p.Name))),
    ];

    static int Depth(Type type) => type.BaseType is { } parent ? 1 + Depth(parent) : 0;

    static string Snake(string name) => WordBoundary().Replace(name, "_$1$2").ToLowerInvariant();

    [GeneratedRegex("(?<=[a-z0-9])([A-Z])|(?<=[A-Z])([A-Z])(?=[a-z])")]
    private static partial Regex WordBoundary();
}

/// <summary>A module that takes one tensor to another, so that <see cref="Sequential"/> can chain it.</summary>
public abstract class Layer : Module
{
    public abstract Tensor Forward(Tensor x);
}
