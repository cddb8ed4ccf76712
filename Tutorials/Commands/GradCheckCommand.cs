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
        var command = new Command("gradcheck",
            "Checks the gradients of ops and layers, first and second order, against fourth-order differences in F64.") { names };
        command.SetAction(parsed => Stop.OnCtrlC(stop => Check(parsed.GetValue(names)!, stop) ? 0 : 1));
        return command;
    }

    /// <summary>Prints a table of the cases that belong to the names (all, if there are none); whether all passed.</summary>
    public static bool Check(string[] names, CancellationToken stop)
    {
        Case[] all = [.. Case.In(typeof(Tensor).Assembly).Concat(Case.In(typeof(Module).Assembly)).Select(found => found.Case)];
        foreach (string name in names)
            if (!all.Any(c => c.Group.Equals(name, StringComparison.OrdinalIgnoreCase)))
                throw new ArgumentException(
                    $"gradcheck: no op or layer is called {name}; "
                    + $"there are {string.Join(", ", all.Select(c => c.Group).Distinct().Order())}");
        return Check([.. all.Where(c => names.Length == 0 || names.Contains(c.Group, StringComparer.OrdinalIgnoreCase))], stop);
    }

    /// <summary>Prints a table of the cases; whether all passed. One that throws has failed.</summary>
    public static bool Check(Case[] cases, CancellationToken stop)
    {
        var table = new Table().Border(TableBorder.Rounded)
            .AddColumn(new TableColumn("op or layer").NoWrap())
            .AddColumn("shapes")
            .AddColumn(new TableColumn("worst error / bound").RightAligned())
            .AddColumn("verdict");
        var failures = new List<CaseRow>();
        int passed = 0;
        foreach (var example in cases)
        {
            stop.ThrowIfCancellationRequested();
            var row = Row(example);
            if (row.Passed) passed++;
            else failures.Add(row);
            string worst = row.Worst.ToString("G3", CultureInfo.InvariantCulture);
            string verdict = row.Passed ? "[green]passed[/]" : "[red]FAILED[/]";
            table.AddRow(Markup.Escape(example.Group), Markup.Escape(row.Shapes), worst, verdict);
        }
        AnsiConsole.Write(table);
        foreach (var row in failures) Console.WriteLine($"{row.Name}: {row.Failure}");
        Console.WriteLine($"gradcheck: {passed} passed, {failures.Count} failed");
        return failures.Count == 0;
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
