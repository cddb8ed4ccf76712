using System.Text;
using FsCheck.Fluent;
using Xunit;

namespace NanoAttention.Tests.Layers;

public sealed class SafetensorsTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    string At(string name) => Path.Combine(folder.Path, name);

    static MemoryStream File(string header, params byte[] data) => new([.. BitConverter.GetBytes((ulong)Encoding.UTF8.GetByteCount(header)), .. Encoding.UTF8.GetBytes(header), .. data]);

    static string Reason(Stream file) => Assert.Throws<InvalidDataException>(() => Safetensors.Load(file, "f")).Message;

    [Fact]
    public void WhatIsSavedIsLoaded()
    {
        var tensors = new Dictionary<string, Tensor>
        {
            ["flags/odd"] = Tensor.From([true, false, true], [3]),
            ["ä.weight"] = Tensor.From([1.5f, float.NaN, -0f, float.NegativeInfinity, 1e-45f, 3f], [2, 3]),
            ["transposed"] = Tensor.From(new double[,] { { 1, 2, 3 }, { 4, 5, 6 } }).Transpose(),
            ["scalar"] = Tensor.Scalar(-7, DType.I32),
            ["empty"] = Tensor.Zeros([0, 4]),
        };
        Safetensors.Save(At("a"), tensors, new Dictionary<string, string> { ["by"] = "test \"ü\"" });
        var (loaded, metadata) = Safetensors.Load(At("a"));

        Assert.Equal("test \"ü\"", Assert.Single(metadata).Value);
        Assert.Equal(tensors.Keys.Order(), loaded.Keys.Order());
        foreach (var (name, tensor) in tensors)
        {
            Assert.Equal((tensor.Shape, tensor.DType), (loaded[name].Shape, loaded[name].DType));
            Assert.Equal(tensor.ToDoubles().Select(BitConverter.DoubleToInt64Bits), loaded[name].ToDoubles().Select(BitConverter.DoubleToInt64Bits));
        }
        Assert.Equal(["a"], Directory.EnumerateFiles(folder.Path).Select(Path.GetFileName));
    }

    [Theory]
    [InlineData("F16", new byte[] { 0x00, 0x3C, 0x00, 0xC0 }, new double[] { 1, -2 })]
    [InlineData("BF16", new byte[] { 0x80, 0x3F, 0x00, 0xC0 }, new double[] { 1, -2 })]
    [InlineData("I16", new byte[] { 0xFF, 0xFF, 0x02, 0x00 }, new double[] { -1, 2 })]
    [InlineData("U16", new byte[] { 0xFF, 0xFF, 0x02, 0x00 }, new double[] { 65535, 2 })]
    [InlineData("I8", new byte[] { 0xFF, 0x02 }, new double[] { -1, 2 })]
    [InlineData("U8", new byte[] { 0xFF, 0x02 }, new double[] { 255, 2 })]
    [InlineData("BOOL", new byte[] { 1, 0 }, new double[] { 1, 0 })]
    [InlineData("U32", new byte[] { 1, 0, 0, 0, 2, 0, 0, 0 }, new double[] { 1, 2 })]
    [InlineData("I64", new byte[] { 1, 0, 0, 0, 0, 0, 0, 0, 0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF }, new double[] { 1, -2 })]
    public void OtherTypesAreWidened(string dtype, byte[] data, double[] expected)
    {
        var header = $$$"""{"a":{"dtype":"{{{dtype}}}","shape":[2],"data_offsets":[0,{{{data.Length}}}]}}""";
        Assert.Equal(expected, Safetensors.Load(File(header, data)).Tensors["a"].ToDoubles());
    }

    [Theory]
    [InlineData("""{"a":{"dtype":"I64","shape":[1],"data_offsets":[0,8]}}""", 8, "a holds 72340172838076673, which does not fit I32")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 4, "the file is cut off: a ends at 8, but only 4 bytes of data are there")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}""", 4, "a has 4 bytes, but (2) numbers of type F32 take 8")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[2,6]}}""", 6, "b begins at 2, inside the tensor before it, which ends at 4")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", 8, "bytes 0 to 4 of the data belong to no tensor")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 7, "3 bytes at the end belong to no tensor")]
    [InlineData("""{"a":{"dtype":"F33","shape":[1],"data_offsets":[0,4]}}""", 4, "a has the unknown type F33")]
    [InlineData("""{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}""", 4, "a: shape holds -1, which is no count")]
    [InlineData("""{"a":{"dtype":"F32","shape":[4294967296,4294967296,4294967296],"data_offsets":[0,4]}}""", 4, "a has more numbers than any file holds: (4294967296, 4294967296, 4294967296)")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}""", 4, "a begins at 4, behind its end at 0")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1]}}""", 4, "a must be an object with dtype, shape and data_offsets")]
    [InlineData("""{"a":{"dtype":"BOOL","shape":[1],"data_offsets":[0,1]}}""", 1, "")]
    [InlineData("""["a"]""", 0, "the header does not begin with {")]
    [InlineData("""{"__metadata__":{"a":1}}""", 0, "__metadata__.a is Number, not a string")]
    public void UnsoundFilesAreRefusedWithTheReason(string header, int dataBytes, string reason)
    {
        var data = Enumerable.Repeat((byte)1, dataBytes).ToArray();
        if (reason == "") Assert.Single(Safetensors.Load(File(header, data)).Tensors);
        else Assert.Equal("Safetensors: f: " + reason, Reason(File(header, data)));
    }

    [Theory]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""")]
    [InlineData("""{"a":{"dtype":"F32",""")]
    public void BrokenJsonIsRefused(string header) => Assert.StartsWith("Safetensors: f: ", Reason(File(header, new byte[4])));

    [Fact]
    public void ALengthThatLiesAllocatesNothing()
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Contains("at most 100000000 are allowed", Reason(new MemoryStream([.. BitConverter.GetBytes(ulong.MaxValue), (byte)'{'])));
        Assert.Contains("cut off", Reason(new MemoryStream([.. BitConverter.GetBytes(99_000_000UL), (byte)'{'])));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1_000_000);
    }

    [Fact]
    public void AFileCutAnywhereIsRefused()
    {
        Safetensors.Save(At("a"), new Linear(3, 2).StateDict());
        byte[] whole = System.IO.File.ReadAllBytes(At("a"));
        for (int length = 0; length < whole.Length; length++) Reason(new MemoryStream(whole[..length]));
    }

    [Fact]
    public void AFileWithFlippedBytesIsReadOrRefusedButNeverCrashes() => FsCheck.Check.QuickThrowOnFailure(Prop.ForAll<int, byte>((place, value) =>
    {
        Safetensors.Save(At("a"), new Linear(3, 2).StateDict());
        byte[] bytes = System.IO.File.ReadAllBytes(At("a"));
        bytes[Math.Abs(place % bytes.Length)] = value;
        try { Safetensors.Load(new MemoryStream(bytes)); }
        catch (InvalidDataException) { }
    }));

    [Fact]
    public void AFailedSaveLeavesTheOldFile()
    {
        Safetensors.Save(At("a"), new Linear(3, 2).StateDict());
        byte[] before = System.IO.File.ReadAllBytes(At("a"));
        Assert.Throws<IOException>(() => Atomic.Write(At("a"), stream =>
        {
            stream.WriteByte(1);
            throw new IOException("the disk is full");
        }));
        Assert.Equal(before, System.IO.File.ReadAllBytes(At("a")));
        Assert.Single(Directory.EnumerateFiles(folder.Path));
    }
}
