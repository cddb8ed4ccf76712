using NanoAttention.Tutorials;
using Xunit;

namespace NanoAttention.Tests;

/// <summary>A picture with every kind of content.</summary>
public sealed class Picture : IDisplay
{
    public IReadOnlyDictionary<string, string> MimeBundle { get; } = new Dictionary<string, string>
    {
        ["text/html"] = "<b>bold</b>",
        ["image/svg+xml"] = "<svg xmlns=\"http://www.w3.org/2000/svg\">\r\n<g/></svg>",
        ["image/png"] = "iVBORw0KGgo=",
    };

    public override string ToString() => "a picture";
}

[Collection(nameof(NotebookCollection))]
public class NotebookRunTests
{
    const string NewPicture = "(System.Activator.CreateInstance(\"NanoAttention.Tests\", \"NanoAttention.Tests.Picture\")).Unwrap()";

    [Fact]
    public void Streams_results_and_displays_are_stored_in_order()
    {
        using var file = new NotebookFile(
            "Console.WriteLine(\"one\"); Console.Write(\"two\"); Console.Error.WriteLine(\"oops\"); Console.WriteLine(\"three\");\n1 + 1",
            "Display(\"a\"); Console.WriteLine(\"b\"); Display(new[] { 0.5, 2 });",
            "var x = 3;",
            "x");
        Assert.True(file.Run() == 0, file.Errors);
        Assert.Equal(
            """[{"name":"stdout","output_type":"stream","text":["one\n","two"]},{"name":"stderr","output_type":"stream","text":["oops\n"]},{"name":"stdout","output_type":"stream","text":["three\n"]},{"data":{"text/plain":["2"]},"execution_count":1,"metadata":{},"output_type":"execute_result"}]""",
            file.Outputs(1));
        Assert.Equal(
            """[{"data":{"text/plain":["a"]},"metadata":{},"output_type":"display_data"},{"name":"stdout","output_type":"stream","text":["b\n"]},{"data":{"text/plain":["[0.5, 2]"]},"metadata":{},"output_type":"display_data"}]""",
            file.Outputs(2));
        Assert.Equal("[]", file.Outputs(3));
        Assert.Contains("\"execution_count\":4", file.Outputs(4));
        Assert.Contains("\n   \"execution_count\": 3,\n", file.Text);
    }

    [Fact]
    public void A_figure_is_stored_as_its_bundle_with_its_text()
    {
        using var file = new NotebookFile(NewPicture);
        Assert.True(file.Run() == 0, file.Errors);
        Assert.Equal(
            """[{"data":{"image/png":"iVBORw0KGgo=","image/svg+xml":["<svg xmlns=\"http://www.w3.org/2000/svg\">\n","<g/></svg>"],"text/html":["<b>bold</b>"],"text/plain":["a picture"]},"execution_count":1,"metadata":{},"output_type":"execute_result"}]""",
            file.Outputs(1));
    }

    [Fact]
    public void An_SVG_without_HTML_is_shown_as_an_image_too()
    {
        using var file = new NotebookFile(
            "class Circle : IDisplay { public IReadOnlyDictionary<string, string> MimeBundle => "
                + "new Dictionary<string, string> { [\"image/svg+xml\"] = \"<svg/>\" }; "
                + "public override string ToString() => \"a < b\"; }",
            "new Circle()");
        Assert.True(file.Run() == 0, file.Errors);
        Assert.Contains(
            """{"image/svg+xml":["<svg/>"],"text/html":["<img alt=\"a &lt; b\" src=\"data:image/svg+xml;base64,PHN2Zy8+\">"],"text/plain":["a < b"]}""",
            file.Outputs(2));
    }

    [Fact]
    public void Cells_use_the_project_and_the_framework_without_references()
    {
        using var file = new NotebookFile(
            "double[] xs = [1, 2, 3];\nstatic double Total(params ReadOnlySpan<double> values) "
                + "{ double t = 0; foreach (var v in values) t += v; return t; }",
            "record Point(double X, double Y);\nvar points = xs.Select(x => new Point(x, x * x)).ToList();",
            "IDisplay none = null;\nawait Task.Delay(1);\nConsole.WriteLine(points[2]);\nTotal(xs) + Math.Sqrt(4)");
        Assert.True(file.Run() == 0, file.Errors);
        Assert.Contains("Point { X = 3, Y = 9 }", file.Outputs(3));
        Assert.Contains("\"8\"", file.Outputs(3));
    }

    [Fact]
    public void Cells_share_one_thread_so_that_ambient_settings_last()
    {
        using var file = new NotebookFile(
            "class Ambient { [ThreadStatic] public static int Seed; }\nAmbient.Seed = 7;",
            "await Task.Delay(5);",
            "Ambient.Seed");
        Assert.True(file.Run() == 0, file.Errors);
        Assert.Contains("\"7\"", file.Outputs(3));
    }

    [Fact]
    public void Of_a_progress_line_only_its_last_version_is_stored()
    {
        using var file = new NotebookFile("for (var i = 1; i <= 3; i++) Console.Write($\"\\rstep {i}\"); Console.WriteLine();");
        Assert.True(file.Run() == 0, file.Errors);
        Assert.Contains("\"text\":[\"step 3\\n\"]", file.Outputs(1));
    }

    [Theory]
    [InlineData("var a = 1;\nint b = \"text\";",
        "cell [2], line 2: CS0029: Cannot implicitly convert type 'string' to 'int'\n    int b = \"text\";")]
    [InlineData("var zero = xs.Length - 1;\n\nvar y = 1 / zero;",
        "cell [2], line 3: DivideByZeroException: Attempted to divide by zero.\n    var y = 1 / zero;")]
    [InlineData("var y =\n    Last([]);", "cell [2], line 2 (thrown in cell [1], line 4): IndexOutOfRangeException")]
    [InlineData("var t = Task.Run(() =>\n    Last([]));\nt.Wait();",
        "cell [2], line 2 (thrown in cell [1], line 4): IndexOutOfRangeException")]
    [InlineData("\nthrow new InvalidOperationException(\"MatMul: no\");",
        "cell [2], line 2: InvalidOperationException: MatMul: no\n    throw new")]
    public void An_error_names_the_cell_the_line_and_the_cause(string source, string report)
    {
        using var file = new NotebookFile("int[] xs = [1];\nint Last(int[] values)\n"
            + "{\n    return values[values.Length - 1];\n}\nConsole.WriteLine(5);", source, "1");
        var before = file.Text;
        Assert.Equal(1, file.Run());
        Assert.Contains($"{file.Path}: {report}", file.Errors.ReplaceLineEndings("\n"));
        Assert.Equal(before, file.Text);
    }

    /// <summary>Asks for a stop as soon as the first cell is reported.</summary>
    sealed class StopAfterFirst(CancellationTokenSource stop) : StringWriter
    {
        public override void WriteLine(string? value)
        {
            if (value!.Contains("cell [1]")) stop.Cancel();
        }
    }

    [Fact]
    public void A_stop_between_cells_leaves_the_file_as_it_was()
    {
        using var file = new NotebookFile("Console.WriteLine(1);", "throw new Exception(\"not reached\");");
        using var stop = new CancellationTokenSource();
        var (before, errors) = (file.Text, new StringWriter());
        Assert.Equal(130, NotebookVerbs.Run([file.Path], new StopAfterFirst(stop), errors, stop.Token));
        Assert.Equal(before, file.Text);
        Assert.Contains("stopped", errors.ToString());
    }

    [Fact]
    public void A_missing_file_is_an_error_and_the_console_is_given_back()
    {
        var (output, errors) = (Console.Out, new StringWriter());
        Assert.Equal(1, NotebookVerbs.Run(["no-such.ipynb"], TextWriter.Null, errors, TestContext.Current.CancellationToken));
        Assert.Contains("no-such.ipynb", errors.ToString());
        using var file = new NotebookFile("throw new Exception();");
        Assert.Equal(1, file.Run());
        Assert.Same(output, Console.Out);
    }

    [Fact]
    public void A_second_run_changes_nothing()
    {
        using var file = new NotebookFile("Console.WriteLine(\"once\");\nnew[] { 1, 2 }", "Display(1)");
        Assert.True(file.Run() == 0, file.Errors);
        var first = file.Text;
        Assert.Equal(0, file.Run());
        Assert.Equal(first, file.Text);
    }
}
