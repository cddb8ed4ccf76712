using System.CommandLine;
using Spectre.Console;

namespace NanoAttention.Tutorials;

/// <summary><c>data get NAME</c>: downloads a public data set.</summary>
static class DataCommand
{
    public static Command Create()
    {
        var name = new Argument<string>("name")
        {
            Description = $"The data set: {string.Join("; ", DataSets.All.Select(set => $"{set.Name} ({set.About}; {set.Licence})"))}.",
        };
        name.AcceptOnlyFromAmong([.. DataSets.All.Select(set => set.Name)]);
        var folder = new Option<DirectoryInfo>("--out")
        {
            Description = "The cache folder.",
            DefaultValueFactory = _ => new DirectoryInfo(Download.DefaultFolder),
        };
        var get = new Command("get", "Downloads a data set to a cache folder; an interrupted download goes on where it stopped.")
        {
            name, folder,
        };
        get.SetAction(parsed => Stop.OnCtrlC(stop => Get(DataSets.Find(parsed.GetValue(name)!), parsed.GetValue(folder)!.FullName, stop)));
        return new Command("data", "Public data sets for the tutorials.") { get };
    }

    /// <summary>Downloads and says where to.</summary>
    /// <exception cref="HttpRequestException">It cannot be: the message says what was tried and what else to do.</exception>
    public static int Get(DataSet set, string folder, CancellationToken stop)
    {
        using var client = new HttpClient();
        var download = new Download(client, folder);
        ProgressColumn[] columns =
            [new TaskDescriptionColumn(), new ProgressBarColumn(), new DownloadedColumn(), new TransferSpeedColumn()];
        string where = AnsiConsole.Progress().Columns(columns).Start(context =>
        {
            var bars = set.Files.ToDictionary(file => file, file => context.AddTask(Markup.Escape(file.Name), maxValue: file.Bytes));
            try
            {
                return download.GetAsync(set, progress => bars[progress.File].Value = progress.Received, stop).GetAwaiter().GetResult();
            }
            catch (HttpRequestException e)
            {
                string files = string.Join(", ", set.Files.Select(file => file.Name));
                throw new HttpRequestException($"{e.Message}. Try again with a connection (HTTPS_PROXY names a proxy), "
                    + $"or bring {files} from elsewhere: the training verbs take any by --data", e);
            }
        });
        Console.WriteLine($"{set.Name}: {where}");
        return 0;
    }
}
