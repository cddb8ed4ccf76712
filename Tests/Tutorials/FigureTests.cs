using System.Globalization;
using System.Xml.Linq;
using NanoAttention.Tutorials;
using Xunit;

namespace NanoAttention.Tests;

public class FigureTests
{
    static readonly XNamespace Names = "http://www.w3.org/2000/svg";

    static readonly Series Line = new("a < b", [0, 1, 2, 3], [1, double.NaN, 10, 100]);

    public static TheoryData<Figure> Figures { get; } =
    [
        new HeatMap("\"attention\" <&>", ["1", "\u0001"], ["年", " ", "<"], [0.1f, 0.2f, 0.7f, 0, 0.5f, 0.5f]),
        new HeatMap("signed", ["long token"], ["a long column", "b"], [-2, 1]) { RowLabel = "r", ColumnLabel = "c" },
        new HeatMap("empty", [], [], []),
        new LineChart("curve", Line, new("none", [], [])) { XLabel = "step", YLabel = "loss", Smoothing = 0.9 },
        new LineChart("log", Line) { LogX = true, LogY = true, Markers = true, Marks = [new(2, "here")] },
        new LineChart("nothing") { LogY = true },
        new BarChart("bars", ["x", "y"], [1, 2.5]) { Unit = "ms" },
        new BarChart("groups", ["x", "y"], ["CPU", "GPU"], [[1, 2], [double.NaN, 0]]),
        new CrossoverChart("speed", [new("CPU", [1, 10], [4, 4]), new("GPU", [1, 10], [1, 16])], "CPU", "GPU"),
        new ImageAttention("picture", 2, 4, [0, 0.5f, 1, 0, 0, 0, 1, 0.01f], 1, 2, [0.25f, 0.75f]),
        new ConfusionMatrix("matrix", ["0", "1"], new[,] { { 9, 1 }, { 0, 0 } }),
        new ScatterPlot("points", Line) { Region = DecisionRegion.Sample(0, 3, 0, 100, (x, y) => x - 1.5) },
        new GraphDrawing("graph", [new("a", "1"), new("b", "2", "3"), new("+", "3")], [(0, 2), (1, 2), (0, 1)]),
        new GraphDrawing("no nodes", [], []),
    ];

    /// <summary>The width is that of DejaVu Sans Bold at 15 pixels, as FreeType has it, after a margin of 16.</summary>
    [Fact]
    public void A_title_fits_in_a_wide_font() =>
        Assert.True(Svg.TitleWidth("you should distinguish between right and wrong .  → tu devrais") >= 16 + 535.7);

    [Theory, MemberData(nameof(Figures), DisableDiscoveryEnumeration = true)]
    public void Every_figure_is_well_formed_and_needs_nothing_else(Figure figure)
    {
        XElement svg = XElement.Parse(figure.ToSvg());
        Assert.Equal(Names + "svg", svg.Name);
        string[] outside = ["id", "href", "src", "class"];
        Assert.DoesNotContain(svg.Descendants().Attributes(), a => outside.Contains(a.Name.LocalName) && a.Value != "row");
        foreach (XAttribute attribute in svg.DescendantsAndSelf().Attributes()
            .Where(a => a.Name.LocalName is "x" or "y" or "width" or "height" or "d"))
            Assert.DoesNotContain("NaN", attribute.Value);
        (double width, double height) = (Number(svg, "width"), Number(svg, "height"));
        foreach (XElement text in svg.Descendants(Names + "text"))
        {
            Assert.InRange(Number(text, "x"), 0, width);
            Assert.InRange(Number(text, "y"), 0, height);
        }
    }

    [Fact]
    public void Numbers_do_not_depend_on_the_culture()
    {
        string[] expected = [.. Figures.Select(row => row.Data.ToSvg())];
        CultureInfo before = CultureInfo.CurrentCulture;
        var commas = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        (commas.NumberFormat.NumberDecimalSeparator, commas.NumberFormat.NegativeSign) = (",", "~");
        try
        {
            CultureInfo.CurrentCulture = commas;
            Assert.Equal(expected, Figures.Select(row => row.Data.ToSvg()));
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Fact]
    public void Text_is_escaped()
    {
        Assert.Equal("&lt;a&gt; &amp; &quot;b&quot; &#39;\uFFFD 年😀", Svg.Escape("<a> & \"b\" '\u0001 年😀"));
        Assert.Equal(["␣", "⏎", "a b"], new[] { " ", "\n", "a b" }.Select(Svg.Visible));
        Assert.Equal(20, Svg.TextWidth("年月", 10));
    }

    [Fact]
    public void Ticks_are_round()
    {
        Assert.Equal(["0", "0.2", "0.4", "0.6", "0.8", "1"], Axis.Linear(0.03, 0.97).Ticks.Select(t => t.Label));
        Assert.Equal(["−1", "0", "1", "2"], Axis.Linear(-1, 2, 4).Ticks.Select(t => t.Label));
        Assert.Equal(["0", "20k", "40k"], Axis.Linear(0, 45_000, 3, toTicks: false).Ticks.Select(t => t.Label));
        Assert.Equal(["1", "10", "100", "1000", "10k"], Axis.Logarithmic(1, 10_000).Ticks.Select(t => t.Label));
        Assert.Equal(["0.01", "0.02", "0.05", "0.1"], Axis.Logarithmic(0.01, 0.1).Ticks.Select(t => t.Label));
        Axis axis = Axis.Linear(0, 10);
        Assert.Equal([0, 0.5, 1], new[] { 0.0, 5, 10 }.Select(axis.Place));
        Assert.Equal(0.5, Axis.Logarithmic(1, 100).Place(10), 12);
    }

    [Fact]
    public void Ticks_of_any_range_are_few_and_inside()
    {
        for (ulong i = 0; i < 500; i++)
        {
            double least = (CounterHash.Below(2001, 1, 1, i) - 1000) * Math.Pow(10, CounterHash.Below(12, 1, 2, i) - 8);
            double most = least + Math.Pow(10, CounterHash.Below(12, 1, 3, i) - 4);
            Axis axis = Axis.Linear(least, most);
            Assert.InRange(axis.Ticks.Count, 2, 13);
            Assert.All(axis.Ticks, t => Assert.InRange(axis.Place(t.Value), -1e-6, 1 + 1e-6));
            Assert.InRange(axis.Place(least), -1e-6, 1 + 1e-6);
            Assert.InRange(axis.Place(most), -1e-6, 1 + 1e-6);
        }
    }

    [Fact]
    public void The_colour_scale_falls_evenly_in_lightness()
    {
        double[] lightness = [.. Enumerable.Range(0, 33).Select(i => Lightness(Palette.Sequential(i / 32.0)))];
        double step = (lightness[0] - lightness[^1]) / 32;
        Assert.InRange(step, 0.015, 0.025);
        for (int i = 0; i < 32; i++) Assert.InRange(lightness[i] - lightness[i + 1], 0.6 * step, 1.4 * step);
        for (int i = 0; i <= 8; i++) Assert.Equal(Lightness(Palette.Diverging(i / 8.0)), Lightness(Palette.Diverging(-i / 8.0)), 0.02);
    }

    /// <summary>CPU 4 at all sizes, GPU 1 and 16: equal where GPU = 4, half of the way in log y, so at √(1 · 100) = 10.</summary>
    [Fact]
    public void The_crossover_is_interpolated_in_logarithms()
    {
        Series cpu = new("CPU", [1, 100], [4, 4]), gpu = new("GPU", [1, 100], [1, 16]);
        Assert.Equal(10, CrossoverChart.Crossover(cpu, gpu)!.Value, 9);
        Assert.Null(CrossoverChart.Crossover(gpu, cpu));
        Assert.Null(CrossoverChart.Crossover(cpu, cpu with { Y = [5, 5] }));
        Assert.Contains("GPU ahead from n ≈ 10", new CrossoverChart("", [cpu, gpu], "CPU", "GPU") { XLabel = "n" }.ToSvg());
        Assert.Contains("TPU", Assert.Throws<ArgumentException>(() => new CrossoverChart("", [cpu, gpu], "CPU", "TPU").ToSvg()).Message);
    }

    [Fact]
    public void A_heat_map_has_a_cell_for_every_value_with_its_tip()
    {
        var map = new HeatMap("", ["a", "b"], ["x", "y", " "], [0, 0.25f, 0.5f, 0.75f, 1, 0]);
        XElement[] cells = [.. XElement.Parse(map.ToSvg()).Descendants(Names + "rect").Where(r => r.Element(Names + "title") is not null)];
        Assert.Equal(["a ← x: 0", "a ← y: 0.25", "a ← ␣: 0.5", "b ← x: 0.75", "b ← y: 1", "b ← ␣: 0"], cells.Select(c => c.Value));
        Assert.Equal([0.0, 0.25, 0.5, 0.75, 1, 0],
            cells.Select(c => Enumerable.Range(0, 5).First(i => Palette.Sequential(i / 4.0) == c.Attribute("fill")!.Value) / 4.0));
        Assert.Contains("should be 4", Assert.Throws<ArgumentException>(() => new HeatMap("", ["a", "b"], ["x", "y"], [1f])).Message);
        Assert.Throws<ArgumentException>(() => new HeatMap("", ["a"], ["x"], [float.NaN]));
    }

    [Fact]
    public void Attention_over_an_image_has_a_patch_for_every_weight_and_a_dot_for_every_bright_pixel()
    {
        var image = new ImageAttention("", 2, 4, [0, 0.5f, 1, 0, 0, 0, 1, 0.01f], 1, 2, [0.25f, 0.5f]);
        XElement[] rects = [.. XElement.Parse(image.ToSvg()).Descendants(Names + "rect")];
        Assert.Equal(["patch 0, 0: 0.25", "patch 0, 1: 0.5"], rects.Where(r => r.Element(Names + "title") is not null).Select(r => r.Value));
        Assert.Equal([Palette.Sequential(0.5), Palette.Sequential(1)],
            rects.Where(r => r.Element(Names + "title") is not null).Select(r => r.Attribute("fill")!.Value));
        Assert.Equal(3, rects.Count(r => r.Attribute("fill")!.Value == Palette.Category(1)));
        Assert.Contains("cut into 1 × 3", Assert.Throws<ArgumentException>(() => new ImageAttention("", 2, 4, new float[8], 1, 3, new float[3])).Message);
        Assert.Contains("should be 8 and 2", Assert.Throws<ArgumentException>(() => new ImageAttention("", 2, 4, new float[7], 1, 2, new float[2])).Message);
        Assert.Throws<ArgumentException>(() => new ImageAttention("", 1, 1, [1.5f], 1, 1, [1]));
        Assert.Throws<ArgumentException>(() => new ImageAttention("", 1, 1, [1], 1, 1, [float.NaN]));
    }

    [Fact]
    public void Small_values_have_a_third_place_in_their_cells()
    {
        Assert.Contains(">0.021<", new HeatMap("", ["a"], ["x", "y"], [0.021f, 0.018f]).ToSvg());
        Assert.Contains("a ← x: 4e-4", new HeatMap("", ["a"], ["x", "y"], [0.0004f, 0.98f]).ToSvg());
        Assert.Contains(">0.02<", new HeatMap("", ["a"], ["x", "y"], [0.021f, 0.98f]).ToSvg());
    }

    [Fact]
    public void Edges_point_right_and_nodes_do_not_overlap()
    {
        (int, int)[] edges = [(0, 2), (1, 2), (2, 3), (0, 3), (3, 4), (4, 6), (0, 6), (5, 6), (1, 5)];
        XElement svg = XElement.Parse(new GraphDrawing("", [.. Enumerable.Range(0, 7).Select(i => new GraphNode($"n{i}", "1"))],
            edges).ToSvg());
        (double X, double Y, double Right, double Bottom)[] boxes = [.. svg.Elements(Names + "rect").Skip(1)
            .Select(r => (Number(r, "x"), Number(r, "y"), Number(r, "x") + Number(r, "width"), Number(r, "y") + Number(r, "height")))];
        Assert.Equal(7, boxes.Length);
        Assert.All(edges, e => Assert.True(boxes[e.Item1].Right < boxes[e.Item2].X));
        for (int i = 0; i < 7; i++)
            for (int j = 0; j < i; j++)
                Assert.False(boxes[i].X < boxes[j].Right && boxes[j].X < boxes[i].Right && boxes[i].Y < boxes[j].Bottom
                    && boxes[j].Y < boxes[i].Bottom, $"{i} and {j} overlap");
        Assert.All(boxes, b => Assert.True(b.X >= 0 && b.Y >= 40 && b.Right <= Number(svg, "width") && b.Bottom <= Number(svg, "height")));
    }

    [Fact]
    public void The_graph_of_a_tensor_is_drawn_and_written_as_Mermaid()
    {
        var layer = new Linear(2, 3);
        var x = Tensor.Ones([4, 2]);
        var loss = layer.Forward(x).Tanh().Sum();
        var graph = TensorGraph.Of(loss, "a layer", layer.Named());
        string mermaid = graph.ToMermaid(), svg = graph.ToSvg();
        Assert.StartsWith("flowchart LR\n", mermaid);
        Assert.Contains("([\"weight<br/>(3, 2) F32\"])", mermaid);
        Assert.Contains("[\"Tanh<br/>(4, 3) F32\"]", mermaid);
        Assert.Equal(4, mermaid.Split("-->").Length - 1);
        Assert.Contains(">bias<", svg);
        Assert.Equal("GraphDrawing: a layer", $"{graph}");
        Assert.Equal("GraphDrawing: 5 values, from weight (3, 2) F32, bias (3) F32 to Sum () F32", $"{TensorGraph.Of(loss, names: layer.Named())}");
        loss.Backward();
        Assert.Contains("freed", Assert.Throws<ArgumentException>(() => TensorGraph.Of(loss)).Message);
        Assert.Contains("no graph", Assert.Throws<ArgumentException>(() => TensorGraph.Of(x)).Message);
    }

    [Fact]
    public void An_exact_series_is_not_smoothed()
    {
        double[] x = [0, 1, 2, 3], y = [4, 3, 2, 1];
        int Paths(Series series) => new LineChart("", series) { Smoothing = 0.9 }.ToSvg().Split("stroke=\"#0072B2\"").Length - 1;
        Assert.Equal(Paths(new("s", x, y)) - 1, Paths(new("s", x, y) { Exact = true }));
    }

    [Fact]
    public void Impossible_graphs_are_refused()
    {
        GraphNode[] nodes = [new("a", ""), new("b", "")];
        Assert.Contains("cycle", Assert.Throws<ArgumentException>(() => new GraphDrawing("", nodes, [(0, 1), (1, 0)]).ToSvg()).Message);
        Assert.Contains("0 → 2", Assert.Throws<ArgumentException>(() => new GraphDrawing("", nodes, [(0, 2)])).Message);
    }

    [Fact]
    public void A_long_curve_is_thinned_and_keeps_its_peak()
    {
        double[] x = [.. Enumerable.Range(0, 50_000)], y = [.. x.Select(v => v == 31_415 ? 9.0 : 1.0)];
        string svg = new LineChart("", new Series("s", x, y)).ToSvg();
        Assert.True(svg.Length < 40_000);
        string flat = new LineChart("", new Series("s", x, [.. y.Select(_ => 1.0)])).ToSvg();
        Assert.NotEqual(svg, flat);
        Assert.Contains(XElement.Parse(svg).Descendants(Names + "text"), t => t.Value == "10"); // the axis reaches past the peak
    }

    [Fact]
    public void Wrong_shapes_are_refused()
    {
        Assert.Throws<ArgumentException>(() => new LineChart("", new Series("s", [1, 2], [1])));
        Assert.Throws<ArgumentException>(() => new BarChart("", ["a"], [1, 2]));
        Assert.Throws<ArgumentException>(() => new BarChart("", ["a"], [-1]));
        Assert.Throws<ArgumentException>(() => new ConfusionMatrix("", ["a"], new int[1, 2]));
    }

    [Fact]
    public void A_page_is_self_contained_and_escaped()
    {
        Page page = new Page("<title>").Section("a & b").Paragraph("<script>alert(1)</script>").Preformatted("x < y")
            .Figure(new BarChart("bars", ["x"], [1]))
            .Attention("→", ["3", " "], ["0", "3"], [0.25f, 0.75f, 1, 0]);
        string html = page.ToHtml();
        Assert.Contains("<title>&lt;title&gt;</title>", html);
        Assert.Contains("&lt;script&gt;alert(1)", html);
        Assert.Contains("data-weights=\"0.25,0.75;1,0\"", html);
        Assert.Contains("default-src 'none'", html);
        Assert.DoesNotContain("http", html.Replace("http://www.w3.org/2000/svg", "").Replace("http-equiv", ""));
        Assert.DoesNotMatch(@"\b(src|href)=", html);
    }

    [Fact]
    public void Saving_replaces_the_page_and_leaves_nothing_beside()
    {
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder.Path, "new", "page.html");
        new Page("first").Save(path);
        new Page("日期").Save(path);
        Assert.Equal(new Page("日期").ToHtml(), File.ReadAllText(path));
        Assert.Single(Directory.GetFiles(Path.GetDirectoryName(path)!));
    }

    static double Number(XElement element, string name) => double.Parse(element.Attribute(name)!.Value, CultureInfo.InvariantCulture);

    /// <summary>The lightness of OKLab of #rrggbb.</summary>
    static double Lightness(string colour)
    {
        double[] c = [.. Enumerable.Range(0, 3)
            .Select(i => int.Parse(colour.AsSpan(1 + 2 * i, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture) / 255.0)
            .Select(x => x <= 0.04045 ? x / 12.92 : Math.Pow((x + 0.055) / 1.055, 2.4))];
        double l = Math.Cbrt(0.4122214708 * c[0] + 0.5363325363 * c[1] + 0.0514459929 * c[2]);
        double m = Math.Cbrt(0.2119034982 * c[0] + 0.6806995451 * c[1] + 0.1073969566 * c[2]);
        double s = Math.Cbrt(0.0883024619 * c[0] + 0.2817188376 * c[1] + 0.6299787005 * c[2]);
        return 0.2104542553 * l + 0.7936177850 * m - 0.0040720468 * s;
    }
}
