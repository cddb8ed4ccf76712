using System.CommandLine;
using System.Globalization;
using Spectre.Console;

namespace NanoAttention.Tutorials;

/// <summary><c>gradcheck [NAME…]</c>: the gradients of every op and layer, against differences.</summary>
static class GradCheckCommand
{
    public static Command Create()
    {
        var names = new Argument<string[]>("names") { Description = "Ops or layers to check; all if left out." };
        var device = new DeviceOption();
        var command = new Command("gradcheck",
            "Checks the gradients of ops and layers, first and second order, against fourth-order differences in F64.") { names, device };
        command.SetAction(parsed => Stop.OnCtrlC(stop =>
        {
            if (device.Chosen(parsed) is var asked && asked != Device.Cpu)
                throw new NotSupportedException($"gradcheck: differences take F64, which runs on the CPU alone, not on {asked.Name}; "
                    + "the tests hold the GPU's gradients against the CPU's (dotnet run -c Release --project Tests -- -trait Category=Gpu)");
            return Check(parsed.GetValue(names)!, stop) ? 0 : 1;
        }));
        return command;
    }

    /// <summary>Prints a table of the cases that belong to the names (all, if there are none); whether all passed.</summary>
    public static bool Check(string[] names, CancellationToken stop)
    {
        if (names.Length == 0) return Check(In(_ => true), stop);
        Case[] asked = In(group => names.Contains(group, StringComparer.OrdinalIgnoreCase));
        foreach (string name in names)
            if (!asked.Any(c => Is(c, name)))
                throw new ArgumentException(
                    $"gradcheck: no op or layer is called {name}. {Cli.Hint(name, In(_ => true).Select(c => c.Group))}");
        return Check([.. names.SelectMany(name => asked.Where(c => Is(c, name))).Distinct()], stop);

        static Case[] In(Func<string, bool> groups) =>
            [.. Case.InGroups(typeof(Tensor).Assembly, groups).Concat(Case.InGroups(typeof(Module).Assembly, groups)).Select(found => found.Case)];

        static bool Is(Case example, string name) => example.Group.Equals(name, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>Prints a table of the cases, each row when it has been checked; whether all passed. One that throws has failed.</summary>
    public static bool Check(Case[] cases, CancellationToken stop)
    {
        string[] titles = ["op or layer", "shapes", "worst error / bound", "verdict"];
        string[] shapes = [.. cases.Select(example => string.Join(", ", example.Inputs))];
        int[] widths = [Width(cases.Select(example => example.Group), titles[0]), Width(shapes, titles[1]), titles[2].Length, titles[3].Length];
        Line('╭', '┬', '╮');
        Print(titles, titles[3].PadRight(widths[3]));
        Line('├', '┼', '┤');
        var failures = new List<CaseRow>();
        for (int i = 0; i < cases.Length; i++)
        {
            stop.ThrowIfCancellationRequested();
            var row = Row(cases[i]);
            if (!row.Passed) failures.Add(row);
            Print([cases[i].Group, shapes[i], row.Worst.ToString("G3", CultureInfo.InvariantCulture)], row.Passed ? "[green]passed[/] " : "[red]FAILED[/] ");
        }
        Line('╰', '┴', '╯');
        foreach (var row in failures) Console.WriteLine($"{row.Name}: {row.Failure}");
        Console.WriteLine($"gradcheck: {cases.Length - failures.Count} passed, {failures.Count} failed");
        return failures.Count == 0;

        static int Width(IEnumerable<string> column, string title) => column.Append(title).Max(text => text.Length);

        void Line(char left, char middle, char right) =>
            Console.WriteLine($"{left}{string.Join(middle, widths.Select(width => new string('─', width + 2)))}{right}");

        void Print(string[] cells, string verdict)
        {
            Console.Write($"│ {cells[0].PadRight(widths[0])} │ {cells[1].PadRight(widths[1])} │ {cells[2].PadLeft(widths[2])} │ ");
            AnsiConsole.Markup(verdict);
            Console.WriteLine(" │");
        }
    }

    static CaseRow Row(Case example)
    {
        try
        {
            return CaseCheck.Run(example);
        }
        catch (Exception e)
        {
            return new(example.Name, string.Join(", ", example.Inputs), double.NaN, $"{e.GetType().Name}: {e.Message}", TimeSpan.Zero);
        }
    }
}
