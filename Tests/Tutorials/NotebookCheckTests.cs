using NanoAttention.Tutorials;
using Xunit;

namespace NanoAttention.Tests;

[Collection(nameof(NotebookCollection))]
public class NotebookCheckTests
{
    const string Figure = "\nclass Figure(string svg) : IDisplay "
        + "{ public IReadOnlyDictionary<string, string> MimeBundle => new Dictionary<string, string> { [\"image/svg+xml\"] = svg }; "
        + "public override string ToString() => \"figure\"; }\n";

    [Fact]
    public void Unchanged_outputs_pass_and_the_file_is_not_written()
    {
        using var file = new NotebookFile("Console.WriteLine(\"loss 0.25 of 3\");\n(1.5, \"text\")", "new[] { 1.0 / 3 }");
        Assert.True(file.Run() == 0, file.Errors);
        var stored = file.Text;
        Assert.True(file.Check() == 0, file.Errors);
        Assert.Equal(stored, file.Text);
    }

    [Theory]
    [InlineData("loss 0.250", "loss 0.251")]
    [InlineData("of 3", "of 4")]
    [InlineData("loss 0", "cost 0")]
    [InlineData("end\\n", "end\\n\",\"more\\n")]
    [InlineData("\"stdout\"", "\"stderr\"")]
    public void A_changed_number_word_line_or_stream_fails_and_is_shown(string old, string with)
    {
        using var file = new NotebookFile("1",
            "Console.WriteLine(\"start\");\nConsole.WriteLine(\"loss 0.250 of 3\");\nConsole.WriteLine(\"end\");");
        Assert.True(file.Run() == 0, file.Errors);
        file.ReplaceInOutputs(old, with);
        Assert.Equal(1, file.Check());
        Assert.Contains("cell [2], output 1", file.Errors);
        Assert.Contains("expected: ", file.Errors);
        Assert.Contains("got: ", file.Errors);
    }

    [Fact]
    public void The_first_difference_names_its_line_and_both_texts()
    {
        using var file = new NotebookFile("Console.WriteLine(\"a\");\nConsole.WriteLine(\"b 7\");");
        Assert.True(file.Run() == 0, file.Errors);
        file.ReplaceInOutputs("b 7", "b 8");
        Assert.Equal(1, file.Check());
        Assert.Contains("cell [1], output 1 (stdout), line 2:\n    expected: b 8\n    got:      b 7", file.Errors);
    }

    [Fact]
    public void A_missing_and_an_additional_output_fail()
    {
        using var file = new NotebookFile("Console.WriteLine(1);");
        Assert.Equal(1, file.Check());
        Assert.Contains("cell [1], output 1:\n    expected: nothing\n    got:      stdout", file.Errors);
    }

    [Fact]
    public void An_error_while_checking_names_cell_and_line()
    {
        using var file = new NotebookFile("var x = 1;", "\n\nnope");
        Assert.Equal(1, file.Check());
        Assert.Contains("cell [2], line 3: CS0103", file.Errors);
    }

    [Fact]
    public void Times_speeds_and_progress_lines_are_left_out()
    {
        using var file = new NotebookFile("""
            var now = DateTime.UtcNow.Ticks;
            Console.WriteLine($"epoch 1, loss 0.5, {now % 1000 / 7.0:F1} s, {now:N0} it/s, {now % 977} ms, 0:{now % 50 + 10}");
            for (var i = 0; i < now % 5; i++) Console.WriteLine($"{i} % {i} s left");
            """);
        Assert.True(file.Run() == 0, file.Errors);
        Thread.Sleep(2);
        Assert.True(file.Check() == 0, file.Errors);
        file.ReplaceInOutputs("loss 0.5", "loss 0.6");
        Assert.Equal(1, file.Check());
    }

    [Theory]
    [InlineData("cx=\\\"10.25\\\"", "cx=\\\"10.5\\\"", true)]
    [InlineData("cx=\\\"10.25\\\" cy=\\\"20\\\"", "cy='20'   cx='10.25'", true)]
    [InlineData("#204080", "#214081", true)]
    [InlineData("cx=\\\"10.25\\\"", "cx=\\\"14\\\"", false)]
    [InlineData("#204080", "#206080", false)]
    [InlineData("opacity=\\\"0.5\\\"", "opacity=\\\"0.6\\\"", false)]
    [InlineData(">0.73<", ">0.74<", false)]
    [InlineData("circle", "ellipse", false)]
    [InlineData("</svg>", "", false)]
    public void Figures_compare_by_what_they_draw(string old, string with, bool same)
    {
        using var file = new NotebookFile(Figure,
            "new Figure(\"<svg xmlns='http://www.w3.org/2000/svg'><circle cx=\\\"10.25\\\" cy=\\\"20\\\" opacity=\\\"0.5\\\" "
                + "fill=\\\"#204080\\\"/><text>0.73</text></svg>\")");
        Assert.True(file.Run() == 0, file.Errors);
        file.ReplaceInOutputs(old, with);
        Assert.Equal(same ? 0 : 1, file.Check());
    }

    [Fact]
    public void A_cell_that_states_a_tolerance_may_differ_by_it()
    {
        using var file = new NotebookFile("Console.WriteLine(\"right 970 of 1,000, loss 0.02\");");
        Assert.True(file.Run() == 0, file.Errors);
        file.ReplaceInOutputs("970 of 1,000, loss 0.02", "975 of 1,000, loss 0.03");
        Assert.Equal(1, file.Check());
        file.SetTolerance(0.01);
        Assert.True(file.Check() == 0, file.Errors);
        file.ReplaceInOutputs("975", "995");
        Assert.Equal(1, file.Check());
    }

    [Theory]
    [InlineData("0.333333", "0.333334", true)]
    [InlineData("-0.0000 x", "0.0000 x", true)]
    [InlineData("[ 1.50, -2.25]", "[1.501,-2.25]", true)]
    [InlineData("error 3.1e-17", "error 2.2e-16", true)]
    [InlineData("3.1e-3", "3.2e-3", false)]
    [InlineData("0.5", "0.6", false)]
    [InlineData("(2, 3)", "(2, 4)", false)]
    [InlineData("1,234", "1,235", false)]
    [InlineData("F32", "F64", false)]
    [InlineData("x = 0.5", "x = -0.5", false)]
    [InlineData("NaN", "1.0", false)]
    [InlineData("took 3 s", "took 25.1 ms", true)]
    [InlineData("1,234 tokens/s", "987.5 tokens/s", true)]
    [InlineData("a[1:20]", "a[1:30]", false)]
    [InlineData("3 samples", "4 samples", false)]
    [InlineData("1.2.3", "1.2.4", false)]
    [InlineData("2 < 3 and 4 > 3", "2 < 3 and 5 > 3", false)]
    public void Lines_compare_words_exactly_and_decimals_by_tolerance(string a, string b, bool same)
    {
        Assert.Equal(same, new OutputComparer(null).Same(a, b, markup: false));
        Assert.Equal(same, new OutputComparer(null).Same(b, a, markup: false));
    }
}
