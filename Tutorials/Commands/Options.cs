using System.CommandLine;
using System.Globalization;
using System.Numerics;

namespace NanoAttention.Tutorials;

/// <summary>Options that say what is wrong with what they are given.</summary>
static class Options
{
    /// <summary>An option with a whole number that must not be below <paramref name="least"/>.</summary>
    public static Option<int> Count(this Command command, string name, int value, string description, int least = 1) =>
        Number(command, name, value, description, given => given >= least ? null : $"is below {least}");

    /// <summary>An option with a real number, least ≤ number &lt; bound.</summary>
    public static Option<double> Real(
        this Command command, string name, double value, string description, double least = 0, double bound = double.PositiveInfinity) =>
        Number(command, name, value, description, given => given >= least && given < bound ? null
            : FormattableString.Invariant($"is not at least {least} and below {bound}"));

    /// <summary>An option with a file, or a folder, that must exist.</summary>
    public static Option<T> Existing<T>(this Command command, string name, string description) where T : FileSystemInfo
    {
        var option = new Option<T>(name) { Description = description, Required = true };
        option.Validators.Add(result =>
        {
            var (wanted, other) = typeof(T) == typeof(DirectoryInfo) ? ("a folder", "a file") : ("a file", "a folder");
            foreach (string path in result.Tokens.Select(token => token.Value))
                if (!Path.Exists(path)) result.AddError($"{name} takes {wanted}: there is no {path}");
                else if (Directory.Exists(path) != (wanted == "a folder")) result.AddError($"{name} takes {wanted}: {path} is {other}");
        });
        command.Options.Add(option);
        return option;
    }

    // What is no number is refused before it comes to this.
    static Option<T> Number<T>(Command command, string name, T value, string description, Func<T, string?> wrong) where T : INumber<T>
    {
        var option = new Option<T>(name) { Description = description, DefaultValueFactory = _ => value };
        option.Validators.Add(result =>
        {
            foreach (var token in result.Tokens)
                if (T.TryParse(token.Value, CultureInfo.InvariantCulture, out var given) && wrong(given) is { } reason)
                    result.AddError($"{name}: {token.Value} {reason}");
        });
        command.Options.Add(option);
        return option;
    }
}
