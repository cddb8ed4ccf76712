extern alias benchmarks;

using benchmarks::NanoAttention.Benchmarks;
using benchmarks::NanoAttention.Benchmarks.Peers;
using NanoAttention.Tutorials;
using Spectre.Console;
using Xunit;

namespace NanoAttention.Tests;

/// <summary>The verbs of the command line, run as a user runs them.</summary>
[Collection(nameof(NotebookCollection))]        // it writes to the console
public class CommandTests
{
    const string text = "the quick brown fox jumps over the lazy dog; the dog sleeps, the fox runs on and on and on.";
    static readonly string[] small =
        "--layers 1 --heads 2 --width 8 --block 4 --batch 3 --iterations 4 --evaluate-every 2 --sample 5".Split(' ');

    // What a command answers, with all that it wrote.
    static (int Code, string Written) Run(params string[] arguments) => Run(() => Cli.Run(Commands.Root(), arguments));

    static (int Code, string Written) Run(Func<int> program)
    {
        var (output, error, console, written) = (Console.Out, Console.Error, AnsiConsole.Console, new StringWriter());
        try
        {
            using (Defaults.With())
            {
                Console.SetOut(written);
                Console.SetError(written);
                AnsiConsole.Console = AnsiConsole.Create(new() { Out = new AnsiConsoleOutput(written) });
                return (program(), written.ToString());
            }
        }
        finally
        {
            Console.SetOut(output);
            Console.SetError(error);
            AnsiConsole.Console = console;
        }
    }

    static (int Code, string Written) Gpt(TemporaryFolder folder, params string[] more) =>
        Run(["train", "gpt", "--data", Path.Combine(folder.Path, "text.txt"), "--out", Path.Combine(folder.Path, "out"), .. more]);

    static TemporaryFolder Texts(string content = text)
    {
        var folder = new TemporaryFolder();
        File.WriteAllText(Path.Combine(folder.Path, "text.txt"), content);
        return folder;
    }

    [Fact]
    public void A_resumed_run_takes_its_settings_from_the_checkpoint()
    {
        using var folder = Texts();
        var (code, written) = Gpt(folder, [.. small, "--seed", "7", "--bias"]);
        Assert.True(code == 0, written);
        (code, string again) = Gpt(folder, "--resume", "--sample", "3", "--temperature", "2");
        Assert.True(code == 0, again);
        Assert.Contains("resumed after step 4", again);
        Assert.Contains("all 4 steps were done", again);
        Assert.Equal(written.Split('\n').Single(l => l.StartsWith("validation loss")),
            again.Split('\n').Single(l => l.StartsWith("validation loss")));
    }

    [Fact]
    public void A_resumed_run_refuses_other_settings_and_names_each()
    {
        using var folder = Texts();
        Assert.Equal(0, Gpt(folder, small).Code);
        var (code, written) = Gpt(folder, "--resume", "--layers", "2", "--rate", "0.5", "--heads", "2", "--iterations", "9", "--seed", "3");
        Assert.Equal(1, code);
        Assert.Contains("--layers 1 (given: 2)", written);
        Assert.Contains("--rate 0.001 (given: 0.5)", written);
        Assert.Contains("--iterations 4 (given: 9)", written);
        Assert.Contains("--seed 1 (given: 3)", written);
        Assert.DoesNotContain("--heads", written);
    }

    [Fact]
    public void A_resumed_run_refuses_other_data()
    {
        using var folder = Texts();
        Assert.Equal(0, Gpt(folder, small).Code);
        File.WriteAllText(Path.Combine(folder.Path, "text.txt"), text.Replace("fox", "cat"));
        var (code, written) = Gpt(folder, "--resume");
        Assert.Equal(1, code);
        Assert.Contains("--data 91 bytes", written);
    }

    [Fact]
    public void A_resumed_translator_is_the_one_in_the_folder()
    {
        using var folder = new TemporaryFolder();
        string pairs = string.Concat(Enumerable.Range(0, 200).Select(i => $"word{i % 7} a{i}\tmot{i % 7} b{i % 3}\n"));
        File.WriteAllText(Path.Combine(folder.Path, "pairs.tsv"), pairs);
        string[] verb = ["train", "translate", "--data", Path.Combine(folder.Path, "pairs.tsv"), "--out", folder.Path];
        var (code, written) = Run([.. verb, "--model", "plain", "--steps", "2", "--batch", "2", "--hidden", "8"]);
        Assert.True(code == 0, written);
        (code, written) = Run([.. verb, "--resume"]);
        Assert.True(code == 0, written);
        Assert.Contains("model: plain", written);
        File.Copy(Path.Combine(folder.Path, "plain.safetensors"), Path.Combine(folder.Path, "transformer.safetensors"));
        (code, written) = Run([.. verb, "--resume"]);
        Assert.Equal(1, code);
        Assert.Contains("plain and transformer", written);
    }

    [Fact]
    public void Losses_on_both_splits_depend_on_the_model_alone()
    {
        using var folder = Texts();
        var (code, written) = Gpt(folder, [.. small, "--rate", "0", "--lowest-rate", "0", "--dropout", "0.5"]);
        Assert.True(code == 0, written);
        string[] lines = [.. written.Split('\n').Where(l => l.StartsWith("step"))];
        Assert.Equal(2, lines.Length);
        Assert.Single(lines.Select(l => l[l.IndexOf("training loss", StringComparison.Ordinal)..]).Distinct());
    }

    public static TheoryData<string, string[]> WrongNumbers { get; } = new()
    {
        { "--layers: 0 is below 1", ["--layers", "0"] },
        { "--batch: -3 is below 1", ["--batch", "-3"] },
        { "--heads", ["--heads", "3"] },
        { "blocks of 1000", ["--block", "1000"] },
        { "--rate", ["--rate", "NaN"] },
        { "--dropout", ["--dropout", "1"] },
        { "--beta2", ["--beta2", "1"] },
        { "--iterations", ["--iterations", "99999999999"] },
        { "Shape", ["--width", "2000000000", "--heads", "1"] },
        { "--batch", ["--batch", "2000000000"] },
        { "--top-k", ["--top-k", "0"] },
        { "--temperature", ["--temperature", "-1"] },
        { "--seed", ["--seed", "-1"] },
        { "nowhere", ["--data", "nowhere.txt"] },
    };

    [Theory, MemberData(nameof(WrongNumbers))]
    public void A_setting_that_cannot_be_is_named_in_a_line(string named, string[] arguments)
    {
        using var folder = Texts();
        string[] rest = [.. small.Chunk(2).Where(pair => !arguments.Contains(pair[0])).SelectMany(pair => pair)];
        var (code, written) = arguments[0] == "--data" ? Run(["train", "gpt", .. arguments, "--out", folder.Path])
            : Gpt(folder, [.. rest, .. arguments]);
        Assert.InRange(code, 1, 2);
        Assert.Contains(named, written);
        Assert.DoesNotContain("   at ", written);
    }

    [Theory]
    [InlineData("Unrecognized command or argument 'gradchek'. Did you mean gradcheck?", "gradchek")]
    [InlineData("Unrecognized command or argument '--sed'. Did you mean --seed?", "--sed")]
    [InlineData("--steps takes a whole number up to 2147483647, not '1.5'", "--steps", "1.5")]
    [InlineData("--seed takes a whole number from 0 on, not '-1'", "--seed", "-1")]
    [InlineData("Required command was not provided. notebook takes one of run, check", "notebook")]
    [InlineData("Unrecognized command or argument 'more'. list takes nothing", "device", "list", "more")]
    [InlineData("Argument 'mnst' not recognized. Must be one of: 'mnist', 'tinyshakespeare', 'eng-fra'", "data", "get", "mnst")]
    [InlineData("error: gradcheck: no op or layer is called sofmax. Did you mean Softmax?", "gradcheck", "sofmax")]
    [InlineData("there is no nowhere", "train", "mnist", "--data", "nowhere")]
    public void What_is_wrong_with_a_command_line_is_said_in_a_line(string line, params string[] arguments)
    {
        var (code, written) = Run(arguments);
        Assert.Equal(1, code);
        Assert.EndsWith(line + Environment.NewLine, written);
        Assert.Single(written.Trim().Split('\n'));
    }

    [Theory]
    [InlineData("--steps takes a whole number up to 2147483647, not 'x'", "profile", "gpt", "--steps", "x")]
    [InlineData("Unrecognized command or argument 'folder'. pack takes FOLDER [--data]", "gpu", "pack", "--out", "folder")]
    [InlineData("--rounds: 0 is below 1", "peers", "--rounds", "0")]
    [InlineData("Argument 'gtp' not recognized. Must be one of: 'gpt', 'dates', 'lstm', 'cnn'", "profile", "gtp")]
    [InlineData("error: --filter: no row has 'sofmax' in its name. Did you mean softmax?", "peers", "--filter", "sofmax")]
    [InlineData("error: --filter: nothing has 'sofmax' in its name. Did you mean Softmax?", "--filter", "sofmax")]
    public void What_is_wrong_with_that_of_the_benchmarks_is_too(string line, params string[] arguments)
    {
        var (code, written) = Run(() => benchmarks::NanoAttention.Tutorials.Cli.Run(Command.Create(), arguments));
        Assert.Equal(1, code);
        Assert.Equal(line + Environment.NewLine, written);
    }

    [Fact]
    public void A_comparison_without_a_peer_is_refused()
    {
        var (_, written) = Run(() =>
        {
            var gone = new PeerProgram("Gone", ["no-such-program"], "install it");
            string message = Assert.Throws<ArgumentException>(() => Comparison.Run(new(1), [gone], PeerRow.All, 1)).Message;
            Assert.StartsWith("peers: no peer was found: looked for Gone; how to get each stands above.", message);
            return 0;
        });
        Assert.Contains("install it", written);
    }

    [Fact]
    public void A_folder_for_a_file_a_file_for_a_folder_and_where_nothing_can_be_written_are_named()
    {
        using var folder = Texts();
        string file = Path.Combine(folder.Path, "text.txt");
        Refuses($"--data takes a file: {folder.Path} is a folder", "train", "gpt", "--data", folder.Path);
        Refuses($"--data takes a folder: {file} is a file", "train", "mnist", "--data", file);
        Refuses($"error: --out: nothing can be written to the folder {file}: ", "train", "gpt", "--data", file, "--out", file);
        Refuses($"{folder.Path}: is a folder", "notebook", "run", folder.Path);

        static void Refuses(string line, params string[] arguments)
        {
            var (code, written) = Run(arguments);
            Assert.Equal(1, code);
            Assert.Contains(line, written);
        }
    }

    [Fact]
    public void A_download_without_a_connection_says_what_was_tried_and_what_else_can_be_done()
    {
        using var folder = new TemporaryFolder();
        string cache = Path.Combine(folder.Path, "cache");
        var set = new DataSet("set", "", "", [new("file.bin", new("http://127.0.0.1:1/file.bin"), 3, "")]);
        string message = "";
        Run(() =>
        {
            message = Assert.Throws<HttpRequestException>(() => DataCommand.Get(set, cache, TestContext.Current.CancellationToken)).Message;
            return 0;
        });
        Assert.StartsWith("http://127.0.0.1:1/file.bin cannot be reached: ", message);
        Assert.Contains("bring file.bin from elsewhere", message);
        Assert.False(Path.Exists(cache));
    }

    [Theory]
    [InlineData("exo", "Did you mean Exp?"), InlineData("epx", "Did you mean Exp?"), InlineData("whatever", "There are Exp, Log")]
    public void The_nearest_names_are_told_or_else_all_that_there_are(string given, string hint) =>
        Assert.Equal(hint, Cli.Hint(given, ["Log", "Exp", "Exp"]));

    [Fact]
    public void Of_many_names_some_are_told() =>
        Assert.Equal("There are 30, among them n10, n13, n16, n19, n22, n25, n28, n31, n34, n37",
            Cli.Hint("whatever", Enumerable.Range(10, 30).Select(i => $"n{i}")));

    [Theory]
    [InlineData("", "empty"), InlineData("ab", "too few"), InlineData("\uFEFF", "empty")]
    public void A_text_too_short_is_refused_in_a_line(string content, string message)
    {
        using var folder = Texts(content);
        var (code, written) = Gpt(folder, small);
        Assert.Equal(1, code);
        Assert.Contains(message, written);
    }

    [Fact]
    public void A_text_of_one_character_is_learnt()
    {
        using var folder = Texts(new string('a', 100));
        var (code, written) = Gpt(folder, small);
        Assert.True(code == 0, written);
        Assert.Contains("validation loss 0.0000", written);
    }

    [Fact]
    public void A_batch_of_more_images_than_there_are_is_refused()
    {
        using var folder = new TemporaryFolder();
        const int images = 10_001;
        byte[] big = [0, 0, 0x27, 0x11], few = [0, 0, 0, 20], size = [0, 0, 0, 4, 0, 0, 0, 4];
        folder.Write("train-images-idx3-ubyte", [0, 0, 8, 3, .. big, .. size, .. new byte[images * 16]]);
        folder.Write("train-labels-idx1-ubyte", [0, 0, 8, 1, .. big, .. new byte[images]]);
        folder.Write("t10k-images-idx3-ubyte", [0, 0, 8, 3, .. few, .. size, .. new byte[20 * 16]]);
        folder.Write("t10k-labels-idx1-ubyte", [0, 0, 8, 1, .. few, .. new byte[20]]);
        string[] verb = ["train", "mnist", "--data", folder.Path, "--out", Path.Combine(folder.Path, "out"), "--width", "4",
            "--heads", "2"];
        var (code, written) = Run([.. verb, "--batch", "5002"]);
        Assert.Equal(1, code);
        Assert.Contains("--batch: 5002 is more than the 5,001 training images", written);
        (code, written) = Run([.. verb, "--batch", "5001", "--epochs", "1"]);
        Assert.True(code == 0, written);
    }

    [Fact]
    public void A_case_that_throws_has_failed_and_the_others_still_run()
    {
        var thrown = new Case("Broken()", () => throw new InvalidOperationException("no such kernel"), [[2, 3]]) { Group = "Broken" };
        var sound = Case.Of(x => x.Exp(), [2]) with { Group = "Exp" };
        var (output, written) = (Console.Out, new StringWriter());
        bool passed;
        try
        {
            Console.SetOut(written);
            passed = GradCheckCommand.Check([thrown, sound], CancellationToken.None);
        }
        finally
        {
            Console.SetOut(output);
        }
        Assert.False(passed);
        Assert.Contains("Broken(): InvalidOperationException: no such kernel", written.ToString());
        Assert.Contains("gradcheck: 1 passed, 1 failed", written.ToString());
    }

    [Fact]
    public void A_map_has_a_row_for_each_symbol_written_and_none_where_nothing_was()
    {
        var letters = Vocabulary.OfCharacters(["abc"]);
        var page = new Page("maps");
        Sequences.Show(page, ["a", "b"], new([Translator.Begin, 4, Translator.Pad], new float[,] { { 1, 0 }, { 0.5f, 0.5f }, { 0, 1 } }),
            letters, "");
        string html = page.ToHtml();
        Assert.Contains("data-weights=\"1,0;0.5,0.5;0,1\"", html);
        Assert.Contains("<span tabindex=\"0\">&lt;bos&gt;</span><span tabindex=\"0\">b</span><span tabindex=\"0\">&lt;pad&gt;</span>",
            html);
        Sequences.Show(page, ["c", "c"], new([], new float[0, 2]), letters, "");
        Assert.Contains("<p>cc → </p>", page.ToHtml());
    }
}
