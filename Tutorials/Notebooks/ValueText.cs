using System.Collections;
using System.Globalization;

namespace NanoAttention.Tutorials;

/// <summary>A value as the plain text under a cell: <c>[1, 2, 3]</c> for a sequence, else its own ToString.</summary>
static class ValueText
{
    const int MostItems = 100;

    public static string Of(object? value) => value switch
    {
        null => "null",
        string text => text,
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        IEnumerable items when !HasOwnText(items) => $"[{string.Join(", ", Items(items))}]",
        _ => value.ToString() ?? "",
    };

    static IEnumerable<string> Items(IEnumerable items)
    {
        var count = 0;
        foreach (var item in items)
        {
            if (count++ == MostItems)
            {
                yield return "…";
                yield break;
            }
            yield return Of(item);
        }
    }

    /// <summary>A type that prints itself; System's own collections and iterators print their type's name.</summary>
    static bool HasOwnText(IEnumerable items) => items.ToString() != items.GetType().ToString();
}
