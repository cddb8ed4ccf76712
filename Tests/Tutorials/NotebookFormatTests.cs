using System.Text;
using NanoAttention.Tutorials;
using Xunit;

namespace NanoAttention.Tests;

public class NotebookFormatTests
{
    /// <summary>As Jupyter writes it: sorted keys, indent 1, no escapes but JSON's own, unknown keys kept.</summary>
    const string FromJupyter = """
        {
         "cells": [
          {
           "attachments": {},
           "cell_type": "markdown",
           "id": "a1b2-c3_D4",
           "metadata": {
            "tags": []
           },
           "source": [
            "# 注意力 — $\\sqrt{d}$ 😀 <b>&'\"</b>\n",
            "\n",
            "spaces: (NO-BREAK) (IDEOGRAPHIC) (LINE-SEPARATOR)"
           ]
          },
          {
           "cell_type": "code",
           "execution_count": null,
           "id": "0",
           "metadata": {
            "unknown": {
             "number": 1.50e+10,
             "whole": 12345678901234567890,
             "yes": true
            }
           },
           "outputs": [
            {
             "name": "stdout",
             "output_type": "stream",
             "text": [
              "\u001b[31mred\u001b[0m\tand / back\\slash\b\f\r\n"
             ]
            },
            {
             "data": {
              "text/plain": [
               "0.1"
              ]
             },
             "execution_count": 3,
             "metadata": {},
             "output_type": "execute_result"
            }
           ],
           "source": "0.1"
          },
          {
           "cell_type": "raw",
           "id": "r",
           "metadata": {},
           "source": []
          }
         ],
         "metadata": {
          "kernelspec": {
           "display_name": ".NET (C#)",
           "language": "C#",
           "name": ".net-csharp"
          },
          "language_info": {
           "name": "C#"
          }
         },
         "nbformat": 4,
         "nbformat_minor": 5
        }

        """;

    static Notebook Parse(string text) => Notebook.Parse(Encoding.UTF8.GetBytes(text));

    [Fact]
    public void What_Jupyter_wrote_is_written_back_byte_for_byte()
    {
        var text = FromJupyter.ReplaceLineEndings("\n")
            .Replace("NO-BREAK", "\u00a0").Replace("IDEOGRAPHIC", "\u3000").Replace("LINE-SEPARATOR", "\u2028");
        Assert.Equal(text, Parse(text).ToJson());
    }

    [Fact]
    public void Cells_know_their_kind_source_and_number()
    {
        var cells = Parse(FromJupyter).Cells;
        Assert.Equal([false, true, false], cells.Select(c => c.IsCode));
        Assert.Equal("0.1", cells[1].Source);
        Assert.Equal(1, cells[1].Number);
        Assert.StartsWith("# 注意力 — $\\sqrt{d}$ 😀", cells[0].Source);
    }

    [Fact]
    public void Every_truncation_is_refused()
    {
        var bytes = Encoding.UTF8.GetBytes(FromJupyter.TrimEnd());
        for (var length = 0; length < bytes.Length; length++)
            Assert.Throws<NotebookException>(() => Notebook.Parse(bytes.AsSpan(0, length)));
    }

    [Fact]
    public void A_damaged_byte_is_read_or_refused_and_never_crashes()
    {
        var bytes = Encoding.UTF8.GetBytes(FromJupyter);
        for (var i = 0; i < bytes.Length; i++)
        {
            foreach (var damage in "\0\"{9\u00ff,"u8)
            {
                var damaged = bytes.ToArray();
                damaged[i] = damage;
                var e = Record.Exception(() => Notebook.Parse(damaged).Cells.Sum(c => c.Tolerance ?? c.Source.Length));
                Assert.True(e is null or NotebookException, $"byte {i} as {damage}: {e}");
            }
        }
    }

    [Theory]
    [InlineData("\"nbformat_minor\": 5", "\"nbformat_minor\": 4", "nbformat 4.4: 4.5 is needed")]
    [InlineData("\"nbformat\": 4", "\"nbformat\": 3", "nbformat 3.5")]
    [InlineData("\"nbformat\": 4", "\"format\": 4", "no nbformat number")]
    [InlineData("\"name\": \".net-csharp\"", "\"name\": \"python3\"", "its kernel is python3")]
    [InlineData("\"kernelspec\"", "\"kernel\"", "names no kernel")]
    [InlineData("\"cells\"", "\"worksheets\"", "no list of cells")]
    [InlineData("\"id\": \"r\"", "\"id\": \"0\"", "cell 3 of the file: the id 0 is used twice")]
    [InlineData("\"id\": \"r\"", "\"name\": \"r\"", "cell 3 of the file has no id")]
    [InlineData("\"source\": \"0.1\"", "\"source\": [1]", "cell 2 of the file has no source")]
    [InlineData("\"cell_type\": \"raw\"", "\"cell_type\": \"heading\"", "cell_type is not code, markdown or raw")]
    [InlineData("\"output_type\": \"stream\"", "\"output_type\": \"pyout\"", "cell 2 of the file has an output")]
    [InlineData("\"outputs\": [", "\"results\": [", "no list of outputs")]
    [InlineData("\"source\": \"0.1\"", "\"source\": \"\\ud800\"", "not valid JSON")]
    [InlineData("\"nbformat\": 4", "\"nbformat\": 4, \"nbformat\": 4", "not valid JSON")]
    public void A_foreign_or_malformed_file_is_refused_with_the_reason(string old, string with, string reason)
    {
        Assert.Contains(old, FromJupyter);
        var e = Assert.Throws<NotebookException>(() => Parse(FromJupyter.Replace(old, with)));
        Assert.Contains(reason, e.Message);
    }

    [Theory]
    [InlineData("[]", "its JSON is no object")]
    [InlineData("null", "its JSON is no object")]
    [InlineData("", "not valid JSON")]
    [InlineData("# Title\n\nprose", "not valid JSON")]
    public void Other_JSON_and_other_text_are_refused(string text, string reason) =>
        Assert.Contains(reason, Assert.Throws<NotebookException>(() => Parse(text)).Message);

    [Fact]
    public void A_file_is_replaced_whole_and_nothing_is_left_beside_it()
    {
        var folder = Directory.CreateTempSubdirectory().FullName;
        var path = Path.Combine(folder, "a.ipynb");
        File.WriteAllText(path, "before");
        Parse(FromJupyter).Save(path);
        Assert.Equal(FromJupyter.ReplaceLineEndings("\n"), File.ReadAllText(path));
        Assert.Equal([path], Directory.GetFiles(folder));
        Directory.Delete(folder, recursive: true);
    }
}
