using NanoAttention.Tutorials;
using Xunit;

namespace NanoAttention.Tests;

public class DataIdxTests
{
    static readonly byte[] TwoByThree = [0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6];

    [Theory, InlineData(false), InlineData(true)]
    public void Plain_and_compressed_files_are_read(bool compressed)
    {
        using var folder = new TemporaryFolder();
        Idx idx = Idx.Read(folder.Write("x", compressed ? TemporaryFolder.Gzip(TwoByThree) : TwoByThree), rank: 2);
        Assert.Equal([2, 3], idx.Dimensions);
        Assert.Equal([1, 2, 3, 4, 5, 6], idx.Data);
    }

    [Fact]
    public void Every_truncation_is_refused()
    {
        for (int length = 0; length < TwoByThree.Length; length++)
            Assert.Contains("truncated", Refusal(TwoByThree[..length], 2));
    }

    [Fact]
    public void A_truncated_or_damaged_gzip_is_refused()
    {
        byte[] data = [0, 0, 8, 1, 0, 0, 2, 0, .. Enumerable.Range(0, 512).Select(i => (byte)CounterHash.Bits(0, 0, (ulong)i))];
        byte[] whole = TemporaryFolder.Gzip(data);
        for (int length = 2; length < data.Length; length++) Refusal(whole[..length], 1);
        whole[^6] ^= 1; // in the checksum
        Refusal(whole, 1);
    }

    [Fact]
    public void Wrong_files_are_refused_with_the_reason()
    {
        Assert.Contains("oversized", Refusal([.. TwoByThree, 7], 2));
        Assert.Contains("oversized", Refusal(TemporaryFolder.Gzip([.. TwoByThree, 7]), 2));
        Assert.Contains("begins with 504B0304", Refusal("PK\u0003\u0004 and more than a header"u8.ToArray(), 2));
        Assert.Contains("element type 0x0D", Refusal([0, 0, 13, 2, .. TwoByThree[4..]], 2));
        Assert.Contains("2 dimensions, should be 3", Refusal([.. TwoByThree, 0, 0, 0, 0], 3));
        Assert.Contains("larger than an array", Refusal([0, 0, 8, 2, 0x7F, 0xFF, 0xFF, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF], 2));
        Assert.Contains("larger than an array", Refusal([0, 0, 8, 2, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF], 2));
    }

    [Fact]
    public void A_header_alone_costs_no_memory()
    {
        byte[] header = [0, 0, 8, 1, 0x7F, 0, 0, 0]; // promises 2 GiB
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<InvalidDataException>(() => Idx.Read(new MemoryStream(header), 1));
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 1 << 20);
    }

    [Fact]
    public void MNIST_is_found_plain_or_compressed()
    {
        using var folder = new TemporaryFolder();
        byte[] images = [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2, 10, 20, 30, 40], labels = [0, 0, 8, 1, 0, 0, 0, 2, 7, 9];
        folder.Write("train-images-idx3-ubyte", images);
        folder.Write("train-labels-idx1-ubyte.gz", TemporaryFolder.Gzip(labels));
        folder.Write("t10k-images-idx3-ubyte.gz", TemporaryFolder.Gzip(images));
        Assert.Contains("t10k-labels-idx1-ubyte.gz", Assert.Throws<FileNotFoundException>(() => Mnist.Load(folder.Path)).Message);
        folder.Write("t10k-labels-idx1-ubyte", labels);
        Mnist mnist = Mnist.Load(folder.Path);
        Assert.Equal((2, 1, 2), (mnist.Train.Count, mnist.Train.Height, mnist.Train.Width));
        Assert.Equal([30, 40], mnist.Test.Image(1).ToArray());
        Assert.Equal([7, 9], mnist.Test.Labels);

        folder.Write("t10k-labels-idx1-ubyte", [.. labels[..^1], 10]);
        Assert.Contains("label 10 of image 1", Assert.Throws<InvalidDataException>(() => Mnist.Load(folder.Path)).Message);
        folder.Write("t10k-labels-idx1-ubyte", [0, 0, 8, 1, 0, 0, 0, 1, 7]);
        Assert.Contains("t10k-labels-idx1-ubyte 1 labels", Assert.Throws<InvalidDataException>(() => Mnist.Load(folder.Path)).Message);
    }

    [Fact]
    public void The_real_MNIST_is_read()
    {
        Mnist mnist = Mnist.Load(TestData.Path("mnist"));
        Assert.Equal((60_000, 10_000, 28, 28), (mnist.Train.Count, mnist.Test.Count, mnist.Train.Height, mnist.Train.Width));
        Assert.Equal([5, 0, 4, 1, 9], mnist.Train.Labels[..5]);
        Assert.Equal([980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009],
            Enumerable.Range(0, 10).Select(d => mnist.Test.Labels.Count(l => l == d)));
    }

    static string Refusal(byte[] content, int rank) =>
        Assert.Throws<InvalidDataException>(() => Idx.Read(new MemoryStream(content), rank)).Message;
}
