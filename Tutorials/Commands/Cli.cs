using System.CommandLine;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;

namespace NanoAttention.Tutorials;

/// <summary>Runs a program's command line. What is wrong with it, and foreseen failures, are a line each and the exit code 1.</summary>
static class Cli
{
    const int few = 20;

    static readonly Dictionary<Type, string> words = new()
    {
        [typeof(int)] = $"a whole number up to {int.MaxValue}",
        [typeof(ulong)] = "a whole number from 0 on",
        [typeof(double)] = "a number",
    };

    public static int Run(RootCommand root, params string[] arguments)
    {
        var parsed = root.Parse(arguments);
        if (parsed.Action is ParseErrorAction)
        {
            foreach (var error in parsed.Errors) Console.Error.WriteLine(Text(error, parsed));
            return 1;
        }
        try
        {
            return parsed.Invoke(new() { ProcessTerminationTimeout = null, EnableDefaultExceptionHandler = false });
        }
        catch (Exception e)
        {
            bool foreseen = e is IOException or UnauthorizedAccessException or InvalidDataException or ArgumentException
                or NotSupportedException or OutOfMemoryException or HttpRequestException or DeviceException;
            Console.Error.WriteLine(foreseen ? $"error: {e.Message}" : $"{e}");
            return 1;
        }
    }

    static string Text(ParseError error, ParseResult parsed)
    {
        if (error is { SymbolResult: OptionResult { Option: var option, Tokens: [.., var given] } } && error.Message.Contains("'System."))
            return $"{option.Name} takes {words[option.ValueType]}, not '{given.Value}'";
        var known = parsed.CommandResult.Command.Children.Where(symbol => symbol is not Argument).Select(symbol => symbol.Name);
        if (parsed.UnmatchedTokens.FirstOrDefault(token => error.Message.EndsWith($"'{token}'.")) is { } unknown
            && Near(unknown, known) is { Length: > 0 } near)
            return $"{error.Message} {near}";
        string[] lines = error.Message.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        string line = lines.Length == 1 ? lines[0] : $"{lines[0]} {string.Join(", ", lines[1..])}";
        bool general = error.SymbolResult is CommandResult;      // not of an option or argument, which it names
        return general ? $"{line} {Takes(parsed.CommandResult.Command)}" : line;
    }

    static string Takes(Command command)
    {
        if (command.Subcommands.Count > 0)
            return $"{command.Name} takes one of {string.Join(", ", command.Subcommands.Select(verb => verb.Name))}";
        string[] words = [.. command.Arguments.Select(argument => argument.Name.ToUpperInvariant()),
            .. command.Options.Select(option => $"[{option.Name}]")];
        return $"{command.Name} takes {(words.Length > 0 ? string.Join(" ", words) : "nothing")}";
    }

    /// <summary>What is said of a name that is not among these: which are spelt nearly so, else all if they are few, else some.</summary>
    public static string Hint(string given, IEnumerable<string> names)
    {
        string[] all = [.. names.Distinct().Order()];
        return Near(given, all) is { Length: > 0 } near ? near
            : all.Length <= few ? $"There are {string.Join(", ", all)}"
            : $"There are {all.Length}, among them {string.Join(", ", all.Where((_, i) => i % (all.Length / 8) == 0))}";
    }

    static string Near(string given, IEnumerable<string> names)
    {
        var near = names.Where(name => Edits(given, name) <= Math.Max(1, name.Length / 3)).OrderBy(name => Edits(given, name)).Take(3);
        return near.Any() ? $"Did you mean {string.Join(" or ", near)}?" : "";
    }

    // How many letters, inserted, dropped, replaced or exchanged with their neighbours, make one of the other.
    static int Edits(string from, string to)
    {
        (string a, string b) = (from.ToUpperInvariant(), to.ToUpperInvariant());
        int[,] edits = new int[a.Length + 1, b.Length + 1];
        for (int i = 0; i <= a.Length; i++)
            for (int j = 0; j <= b.Length; j++)
            {
                edits[i, j] = i == 0 || j == 0 ? i + j
                    : Math.Min(Math.Min(edits[i - 1, j], edits[i, j - 1]) + 1, edits[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1));
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                    edits[i, j] = Math.Min(edits[i, j], edits[i - 2, j - 2] + 1);
            }
        return edits[a.Length, b.Length];
    }

    /// <summary>The folder that <c>--out</c> names, made where there is none.</summary>
    /// <exception cref="IOException">Nothing can be written there.</exception>
    public static string Writable(string folder)
    {
        string path = Path.GetFullPath(folder);
        try
        {
            Directory.CreateDirectory(path);
            using var _ = File.Create(Path.Combine(path, Path.GetRandomFileName()), 1, FileOptions.DeleteOnClose);
            return folder;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"--out: nothing can be written to the folder {path}: {e.Message}", e);
        }
    }
}
