using System.IO.Compression;
using Xunit;

namespace NanoAttention.Tests.Layers;

public sealed class NpyTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    string At(string name) => Path.Combine(folder.Path, name);

    string Written(byte[] bytes)
    {
        File.WriteAllBytes(At("f"), bytes);
        return At("f");
    }

    static Dictionary<string, Tensor> Samples => new()
    {
        ["flags"] = Tensor.From([true, false, true], [3]),
        ["floats"] = Tensor.From([1.5f, float.NaN, -0f, float.NegativeInfinity, 1e-45f, 3f], [2, 3]),
        ["transposed"] = Tensor.From(new double[,] { { 1, 2, 3 }, { 4, 5, 6 } }).Transpose(),
        ["scalar"] = Tensor.Scalar(-7, DType.I32),
        ["a/empty"] = Tensor.Zeros([0, 4]),
    };

    static void AssertSame(Tensor expected, Tensor actual)
    {
        Assert.Equal((expected.Shape, expected.DType), (actual.Shape, actual.DType));
        Assert.Equal(expected.ToDoubles().Select(BitConverter.DoubleToInt64Bits), actual.ToDoubles().Select(BitConverter.DoubleToInt64Bits));
    }

    [Fact]
    public void What_is_saved_is_loaded()
    {
        foreach (var (_, tensor) in Samples)
        {
            Npy.Save(At("x.npy"), tensor);
            AssertSame(tensor, Npy.Load(At("x.npy")));
            byte[] bytes = File.ReadAllBytes(At("x.npy"));
            Assert.Equal(0, (bytes.Length - tensor.Count * tensor.DType.Size) % 64);
        }
        foreach (bool compress in (ReadOnlySpan<bool>)[false, true])
        {
            Npy.SaveZip(At("x.npz"), Samples, compress);
            var loaded = Npy.LoadZip(At("x.npz"));
            Assert.Equal(Samples.Keys, loaded.Keys);
            foreach (var (name, tensor) in Samples) AssertSame(tensor, loaded[name]);
        }
    }

    /// <summary>Files that NumPy 1.24 wrote of np.arange(6).reshape(2, 3), of a number and of nothing.</summary>
    [Theory]
    [InlineData("k05VTVBZAQB2AHsnZGVzY3InOiAnPGY0JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsIDMpLCB9ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAAAAACAPwAAAEAAAEBAAACAQAAAoEA=", "(2, 3)", new double[] { 0, 1, 2, 3, 4, 5 })]
    [InlineData("k05VTVBZAQB2AHsnZGVzY3InOiAnPmY0JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsIDMpLCB9ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAAAP4AAAEAAAABAQAAAQIAAAECgAAA=", "(2, 3)", new double[] { 0, 1, 2, 3, 4, 5 })]
    [InlineData("k05VTVBZAQB2AHsnZGVzY3InOiAnPmk4JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsIDMpLCB9ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAAAAAAAAAAAAAAAAAABAAAAAAAAAAIAAAAAAAAAAwAAAAAAAAAEAAAAAAAAAAU=", "(2, 3)", new double[] { 0, 1, 2, 3, 4, 5 })]
    [InlineData("k05VTVBZAQB2AHsnZGVzY3InOiAnPGYyJywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsIDMpLCB9ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAA8AEAAQgBEAEU=", "(2, 3)", new double[] { 0, 1, 2, 3, 4, 5 })]
    [InlineData("k05VTVBZAQB2AHsnZGVzY3InOiAnfGIxJywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsIDMpLCB9ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAQEBAQE=", "(2, 3)", new double[] { 0, 1, 1, 1, 1, 1 })]
    [InlineData("k05VTVBZAQB2AHsnZGVzY3InOiAnfHUxJywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsIDMpLCB9ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAQIDBAU=", "(2, 3)", new double[] { 0, 1, 2, 3, 4, 5 })]
    [InlineData("k05VTVBZAQB2AHsnZGVzY3InOiAnPGY4JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKCksIH0gICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAAAAAAMQA==", "()", new double[] { 3.5 })]
    [InlineData("k05VTVBZAQB2AHsnZGVzY3InOiAnPGY4JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDAsIDQpLCB9ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAo=", "(0, 4)", new double[] { })]
    public void Files_of_NumPy_are_read(string base64, string shape, double[] expected)
    {
        var x = Npy.Load(Written(Convert.FromBase64String(base64)));
        Assert.Equal(shape, x.Shape.ToString());
        Assert.Equal(expected, x.ToDoubles());
    }

    /// <summary>np.asfortranarray(np.arange(24.0).reshape(2, 3, 4)).</summary>
    [Fact]
    public void Columns_first_is_read_too()
    {
        var x = Npy.Load(Written(Convert.FromBase64String("k05VTVBZAQB2AHsnZGVzY3InOiAnPGY4JywgJ2ZvcnRyYW5fb3JkZXInOiBUcnVlLCAnc2hhcGUnOiAoMiwgMywgNCksIH0gICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAAAAAAAAAAAAAAAAChAAAAAAAAAEEAAAAAAAAAwQAAAAAAAACBAAAAAAAAANEAAAAAAAADwPwAAAAAAACpAAAAAAAAAFEAAAAAAAAAxQAAAAAAAACJAAAAAAAAANUAAAAAAAAAAQAAAAAAAACxAAAAAAAAAGEAAAAAAAAAyQAAAAAAAACRAAAAAAAAANkAAAAAAAAAIQAAAAAAAAC5AAAAAAAAAHEAAAAAAAAAzQAAAAAAAACZAAAAAAAAAN0A=")));
        Assert.Equal([2, 3, 4], x.Shape.Sizes.ToArray());
        Assert.Equal(Enumerable.Range(0, 24).Select(i => (double)i), x.ToDoubles());
    }

    /// <summary>np.savez_compressed(a=…, b=1.5 a).</summary>
    [Fact]
    public void Archives_of_NumPy_are_read()
    {
        var tensors = Npy.LoadZip(Written(Convert.FromBase64String("UEsDBBQAAAAIAAAAIQBZm9p9VgAAALAAAAAFABQAYS5ucHkBABAAsAAAAAAAAABWAAAAAAAAAJvsF+obEMnIUMZQrZ6SWpxcpG6loG6TaaGuo6Cell9UUpSYF59flJIKEndLzClOBYoXZyQWpAL5GkY6CsaaOgq1CmQDLgYoYITSTFCaGUqzQGlWKA0AUEsDBBQAAAAIAAAAIQBUXm85VwAAALAAAAAFABQAYi5ucHkBABAAsAAAAAAAAABXAAAAAAAAAJvsF+obEMnIUMZQrZ6SWpxcpG6loG6TZqGuo6Cell9UUpSYF59flJIKEndLzClOBYoXZyQWpAL5GkY6CsaaOgq1CmQDLgYU8MMeQnM4QGghKC0BpeUcAFBLAQIUAxQAAAAIAAAAIQBZm9p9VgAAALAAAAAFAAAAAAAAAAAAAACAAQAAAABhLm5weVBLAQIUAxQAAAAIAAAAIQBUXm85VwAAALAAAAAFAAAAAAAAAAAAAACAAY0AAABiLm5weVBLBQYAAAAAAgACAGYAAAAbAQAAAAA=")));
        Assert.Equal(["a", "b"], tensors.Keys);
        Assert.Equal([0, 1.5, 3, 4.5, 6, 7.5], tensors["b"].ToDoubles());
    }

    [Fact]
    public void A_file_that_is_cut_off_anywhere_or_goes_on_is_refused()
    {
        Npy.Save(At("x"), Samples["floats"]);
        byte[] whole = File.ReadAllBytes(At("x"));
        for (int length = 0; length < whole.Length; length++) Assert.Throws<InvalidDataException>(() => Npy.Load(Written(whole[..length])));
        Assert.Contains("more bytes than", Assert.Throws<InvalidDataException>(() => Npy.Load(Written([.. whole, 0]))).Message);
    }

    /// <summary>Whatever the damage, the file is read or refused with a reason.</summary>
    [Fact]
    public void Flipped_bits_are_refused_or_harmless()
    {
        Npy.SaveZip(At("x"), Samples);
        byte[] zip = File.ReadAllBytes(At("x"));
        Npy.Save(At("x"), Samples["floats"]);
        byte[] npy = File.ReadAllBytes(At("x"));
        var random = new Random(5);
        for (int i = 0; i < 600; i++)
        {
            byte[] bytes = [.. i % 2 == 0 ? zip : npy];
            for (int flips = random.Next(1, 4); flips > 0; flips--) bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
            try
            {
                if (i % 2 == 0) Npy.LoadZip(Written(bytes));
                else Npy.Load(Written(bytes));
            }
            catch (InvalidDataException) { }
        }
    }

    [Theory]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (500000000,), }", "cut off")]
    [InlineData("{'descr': '<f8', 'fortran_order': False, 'shape': (1000000, 1000000), }", "at most")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999,), }", "an axis of")]
    [InlineData("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }", "holds |O")]
    [InlineData("{'descr': '<c16', 'fortran_order': False, 'shape': (1,), }", "holds <c16")]
    [InlineData("{'descr': '<f4', 'shape': (1,), }", "lacks")]
    public void What_no_tensor_holds_is_refused_before_memory_is_taken(string header, string reason)
    {
        byte[] file = [0x93, .. "NUMPY"u8, 1, 0, (byte)header.Length, 0, .. System.Text.Encoding.ASCII.GetBytes(header), 1, 2, 3, 4];
        string path = Written(file);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Contains(reason, Assert.Throws<InvalidDataException>(() => Npy.Load(path)).Message);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 8 << 20);
    }

    [Fact]
    public void Other_files_names_and_numbers_are_refused()
    {
        Assert.Contains("magic", Assert.Throws<InvalidDataException>(() => Npy.Load(Written(new byte[100]))).Message);
        Assert.Throws<InvalidDataException>(() => Npy.LoadZip(Written(new byte[100])));
        using (var archive = ZipFile.Open(At("other.zip"), ZipArchiveMode.Create)) archive.CreateEntry("readme.txt");
        Assert.Contains("readme.txt is no .npy", Assert.Throws<InvalidDataException>(() => Npy.LoadZip(At("other.zip"))).Message);
        Assert.Throws<ArgumentException>(() => Npy.SaveZip(At("x"), [new("a", Tensor.Zeros([1])), new("a", Tensor.Zeros([1]))]));
        byte[] large = [0x93, .. "NUMPY"u8, 1, 0, 62, 0, .. "{'descr': '<i8', 'fortran_order': False, 'shape': (1,), }    \n"u8, 0, 0, 0, 0, 1, 0, 0, 0];
        Assert.Contains("does not fit I32", Assert.Throws<InvalidDataException>(() => Npy.Load(Written(large))).Message);
    }
}
