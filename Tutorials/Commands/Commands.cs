using System.CommandLine;

namespace NanoAttention.Tutorials;

/// <summary>The command line: the main job, and a verb for everything else.</summary>
public static class Commands
{
    public static RootCommand Root()
    {
        var root = new RootCommand("NanoAttention: attention from scratch, and how to see it. Without a verb: trains an LSTM with "
            + "attention to read dates, and draws what it attends to.");
        DatesCommand.AddTo(root);
        root.Subcommands.Add(new Command("train", "Trains a model on data of yours.")
        {
            GptCommand.Create(), TranslateCommand.Create(), MnistCommand.Create(),
        });
        root.Subcommands.Add(GradCheckCommand.Create());
        root.Subcommands.Add(NotebookCommand());
        root.Subcommands.Add(DataCommand.Create());
        root.Subcommands.Add(DeviceCommand.Create());
        return root;
    }

    static Command NotebookCommand()
    {
        var files = new Argument<string[]>("files") { Description = "Notebooks (.ipynb).", Arity = ArgumentArity.OneOrMore };
        var run = new Command("run", "Executes the cells in order and writes their outputs back.") { files };
        var check = new Command("check", "Executes the cells in order and compares with the stored outputs.") { files };
        run.SetAction(parsed => Stop.OnCtrlC(stop => NotebookVerbs.Run(parsed.GetValue(files)!, Console.Out, Console.Error, stop)));
        check.SetAction(parsed => Stop.OnCtrlC(stop => NotebookVerbs.Check(parsed.GetValue(files)!, Console.Out, Console.Error, stop)));
        return new Command("notebook", "Runs or checks tutorial notebooks.") { run, check };
    }
}
