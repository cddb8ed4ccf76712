using System.Text;
using System.Text.Json.Nodes;
using NanoAttention.Tests.Layers;
using NanoAttention.Tutorials;
using Xunit;

namespace NanoAttention.Tests;

/// <summary>
/// Every kind of file that is read here, damaged: cut off at every length, bits flipped, one (every one of a small file) and several, and made to promise
/// what is not there. It is read, or refused with a reason that names the file; memory is taken for what is there, not for what is promised.
/// </summary>
public sealed class DamagedFileTests(ITestOutputHelper output) : IDisposable
{
    const int single = 1500, several = 400;
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    /// <summary>A kind of file.</summary>
    /// <param name="Whole">A sound one, of few bytes.</param>
    /// <param name="Read">Reads one, with all that is read late; the result is compared as text.</param>
    /// <param name="CutIsNoticed">No shorter file is sound: text may end anywhere.</param>
    /// <param name="IsChecked">It has a checksum: what is read of a damaged file is what was written.</param>
    /// <param name="Promises">Files that promise what they do not have.</param>
    sealed record Format(byte[] Whole, Func<string, string> Read, bool CutIsNoticed, bool IsChecked, params byte[][] Promises);

    static readonly Dictionary<string, Format> formats = new()
    {
        ["safetensors"] = new(Written(path => Safetensors.Save(path, Samples, new Dictionary<string, string> { ["by"] = "ü" })), path => Text(Safetensors.Load(path).Tensors), true, false,
            [.. BitConverter.GetBytes(ulong.MaxValue), .. "{}"u8],
            [.. BitConverter.GetBytes(99_999_999UL), .. "{}"u8],
            Header("""{"a":{"dtype":"F64","shape":[1000000000000],"data_offsets":[0,8000000000000]}}"""),
            Header("""{"a":{"dtype":"F32","shape":[2147483647,2147483647,2147483647,2147483647],"data_offsets":[0,4]}}"""),
            Header($$$"""{"a":{"dtype":"U8","shape":[{{{string.Join(",", Enumerable.Repeat("1", 5000))}}}],"data_offsets":[0,8]}}"""),
            Header("""{"a":{"dtype":"F32","shape":[0,9223372036854775807],"data_offsets":[0,0]}}""")),
        ["checkpoint"] = new(Written(path => Run(4).Save(path)), ReadCheckpoint, true, false,
            Header("""{"__metadata__":{"nanoattention.checkpoint":"{\"step\":2147483648,\"seed\":1,\"position\":1,\"info\":{}}"}}"""),
            Header("""{"__metadata__":{"nanoattention.checkpoint":"{\"step\":1,\"seed\":1,\"position\":1,\"info\":{},\"rate\":1e999,\"order\":{\"seed\":1,\"taken\":1}}"}}""")),
        ["npy"] = new(Written(path => Npy.Save(path, Samples["floats"])), path => Text(Npy.Load(path)), true, false,
            NpyHeader("{'descr': '<f8', 'fortran_order': False, 'shape': (250000000,), }"),
            NpyHeader("{'descr': '<f8', 'fortran_order': True, 'shape': (2147483647, 2147483647, 2147483647, 2147483647, 2147483647), }"),
            NpyHeader($"{{'descr': '|b1', 'fortran_order': False, 'shape': ({string.Join(", ", Enumerable.Repeat("2147483647", 50))}), }}"),
            NpyHeader("{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999999999999999,), }"),
            [0x93, .. "NUMPY"u8, 2, 0, 255, 255, 255, 255]),
        ["npz"] = new(Written(path => Npy.SaveZip(path, Samples)), path => Values(Npy.LoadZip(path)), true, true,
            Written(path =>
            {
                using var archive = System.IO.Compression.ZipFile.Open(path, System.IO.Compression.ZipArchiveMode.Create);
                using var entry = archive.CreateEntry("a.npy").Open();
                entry.Write(NpyHeader("{'descr': '<f8', 'fortran_order': False, 'shape': (250000000,), }"));
            })),
        ["npz, compressed"] = new(Written(path => Npy.SaveZip(path, Samples, compress: true)), path => Values(Npy.LoadZip(path)), true, true),
        ["idx"] = new(Images, ReadIdx, true, false,
            [0, 0, 8, 2, 0x7F, 0, 0, 0, 0, 0, 0, 1],
            [0, 0, 8, 2, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]),
        ["idx, compressed"] = new(TemporaryFolder.Gzip(Images), ReadIdx, true, true,
            TemporaryFolder.Gzip([0, 0, 8, 2, 0x7F, 0, 0, 0, 0, 0, 0, 1]),
            [0x1F, 0x8B]),
        ["notebook"] = new(Encoding.UTF8.GetBytes(Cells), path => string.Join("\n", Notebook.Load(path).Cells.Select(c => $"{c.Id} {c.Number} {c.Source} {c.Tolerance} {(c.IsCode ? c.Outputs.ToJsonString() : "")}")), true, false,
            [.. Enumerable.Repeat((byte)'[', 10_000)],
            Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("{\"a\":", 10_000)))),
        ["sentence pairs"] = new(Encoding.UTF8.GetBytes(Pairs), ReadPairs, false, false),
        ["sentence pairs, compressed"] = new(TemporaryFolder.Gzip(Encoding.UTF8.GetBytes(Pairs)), ReadPairs, true, true),
        ["text"] = new(Encoding.UTF8.GetBytes("\uFEFFTo be, or not to be — 是"), path => Characters.Load(path) is var text ? string.Concat(text.Vocabulary.Decode([.. text.Train.Span, .. text.Validation.Span])) : "", false, false),
    };

    public static TheoryData<string> Names => [.. formats.Keys];

    [Theory, MemberData(nameof(Names))]
    public void It_is_refused_wherever_it_is_cut_off(string name)
    {
        var format = formats[name];
        int refused = Enumerable.Range(0, format.Whole.Length).Count(length => Try(name, format.Whole[..length], $"cut at {length}") is null);
        if (format.CutIsNoticed) Assert.Equal(format.Whole.Length, refused);
        output.WriteLine($"{name}: cut at {format.Whole.Length} lengths, {refused} refused");
    }

    [Theory, MemberData(nameof(Names))]
    public void Flipped_bits_are_refused_or_do_not_matter(string name)
    {
        var format = formats[name];
        string sound = Try(name, format.Whole, "sound")!;
        Assert.NotNull(sound);
        int tried = 0, refused = 0;
        for (int bit = 0; bit < 8 * format.Whole.Length; bit += 8 * format.Whole.Length / single | 1) Flip($"bit {bit} flipped", bit);
        var random = new Random(7);
        for (int i = 0; i < several; i++)
        {
            int[] bits = [.. Enumerable.Range(0, random.Next(2, 6)).Select(_ => random.Next(8 * format.Whole.Length))];
            Flip($"bits {string.Join(", ", bits)} flipped", bits);
        }
        output.WriteLine($"{name}: {tried} times bits flipped, {refused} refused");

        void Flip(string how, params int[] bits)
        {
            byte[] bytes = [.. format.Whole];
            foreach (int bit in bits) bytes[bit / 8] ^= (byte)(1 << bit % 8);
            tried++;
            if (Try(name, bytes, how) is not { } found) refused++;
            else if (format.IsChecked) Assert.True(found == sound, $"{name}, {how}: read as {found}");
        }
    }

    [Theory, MemberData(nameof(Names))]
    public void What_a_header_promises_is_not_believed(string name)
    {
        var format = formats[name];
        for (int i = 0; i < format.Promises.Length; i++) Assert.Null(Try(name, format.Promises[i], $"promise {i}"));
        Try(name, [.. format.Whole, .. format.Whole], "twice");
        output.WriteLine($"{name}: {format.Promises.Length} false promises refused");
    }

    // What is read; null where it is refused.
    string? Try(string name, byte[] bytes, string how)
    {
        string path = folder.Write("damaged", bytes);
        long before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            return formats[name].Read(path);
        }
        catch (Exception e) when (e is InvalidDataException or NotebookException or ArgumentException)
        {
            Assert.True(e.Message.Contains(path, StringComparison.Ordinal) && e.Message.Length > path.Length + 10, $"{name}, {how}: refused without file and reason: {e.Message}");
            return null;
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"{name}, {how}: {e.GetType().Name}: {e.Message}", e);
        }
        finally
        {
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, (1 << 20) + 64L * bytes.Length);
        }
    }

    static Dictionary<string, Tensor> Samples => new()
    {
        ["floats"] = Tensor.From([1.5f, float.NaN, -0f, float.NegativeInfinity, 1e-45f, 3f], [2, 3]),
        ["flags"] = Tensor.From([true, false, true], [3]),
        ["whole"] = Tensor.From([-7, 8], [2, 1]),
        ["empty"] = Tensor.Zeros([0, 4]),
    };

    static byte[] Images => [0, 0, 8, 2, 0, 0, 0, 5, 0, 0, 0, 9, .. Enumerable.Range(0, 45).Select(i => (byte)(i * i))];

    const string Pairs = "Go.\tVa !\tCC-BY\nIt is late.\tIl est tard.\tCC-BY\r\n\nRun!\tCours !\n";

    const string Cells = """
        {"cells": [{"cell_type": "code", "execution_count": 1, "id": "a", "metadata": {"nanoattention": {"tolerance": 1e-3}},
        "outputs": [{"name": "stdout", "output_type": "stream", "text": ["\ud83d\ude00 ü\n"]}, {"data": {"text/plain": ["1"]}, "metadata": {}, "output_type": "execute_result"}],
        "source": ["1 + 1\n", "2"]}, {"cell_type": "markdown", "id": "b", "metadata": {}, "source": "# 注意力"}],
        "metadata": {"kernelspec": {"name": ".net-csharp"}}, "nbformat": 4, "nbformat_minor": 5}
        """;

    static (Linear, Sgd, Checkpoint) Parts()
    {
        using var _ = Defaults.With(seed: 1);
        var model = new Linear(2, 1);
        var optimizer = new Sgd(model.Parameters(), 0.1, momentum: 0.9);
        return (model, optimizer, new(model, optimizer, new DataOrder(10)));
    }

    static Checkpoint Run(int steps)
    {
        var (model, optimizer, checkpoint) = Parts();
        model.Forward(Tensor.Ones([1, 2])).Sum().Backward();
        for (; checkpoint.Step < steps; checkpoint.Step++) optimizer.Step();
        checkpoint.Info["vocabulary"] = new JsonArray("a", "😀", new JsonObject { ["ä"] = 1, ["b"] = null });
        return checkpoint;
    }

    static string ReadCheckpoint(string path)
    {
        using var _ = Defaults.With(seed: 2);
        var (model, optimizer, checkpoint) = Parts();
        string before = Text(model.StateDict());
        try
        {
            checkpoint.Load(path);
        }
        catch
        {
            Assert.Equal((before, 0, 0.1, 2UL), (Text(model.StateDict()), checkpoint.Step, optimizer.Rate, Defaults.Generator.Seed));
            throw;
        }
        optimizer.Step();
        return $"{checkpoint.Step} {optimizer.Rate} {Text(model.StateDict())} {Text(optimizer.StateDict())} {All(checkpoint.Info)} {All(Checkpoint.ReadInfo(path))}";
    }

    static string All(JsonNode? node) => node switch
    {
        JsonObject members => string.Concat(members.Select(m => $"{m.Key}: {All(m.Value)};")),
        JsonArray items => string.Concat(items.Select(All)),
        JsonValue value => value.TryGetValue(out string? text) ? text : value.ToString(),
        _ => "null",
    };

    static string ReadIdx(string path) => Idx.Read(path, rank: 2) is var idx ? $"{string.Join(" × ", idx.Dimensions)}: {Convert.ToHexString(idx.Data)}" : "";

    static string ReadPairs(string path) => string.Join("\n", SentencePairs.Read(path));

    static string Text(Tensor x) => $"{x.Shape} {x.DType}: {string.Join(", ", x.ToDoubles().Select(BitConverter.DoubleToInt64Bits))}";

    static string Text(IEnumerable<KeyValuePair<string, Tensor>> tensors) => string.Join("\n", tensors.Select(t => $"{t.Key} {Text(t.Value)}"));

    static string Values(IEnumerable<KeyValuePair<string, Tensor>> tensors) => string.Join("\n", tensors.Select(t => Text(t.Value)));

    static byte[] Header(string json) => [.. BitConverter.GetBytes((ulong)Encoding.UTF8.GetByteCount(json)), .. Encoding.UTF8.GetBytes(json), 0, 0, 0, 0, 0, 0, 0, 0];

    static byte[] NpyHeader(string header) => [0x93, .. "NUMPY"u8, 1, 0, (byte)header.Length, (byte)(header.Length >> 8), .. Encoding.ASCII.GetBytes(header), 1, 2, 3, 4];

    static byte[] Written(Action<string> save)
    {
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder.Path, "whole");
        save(path);
        return File.ReadAllBytes(path);
    }
}
