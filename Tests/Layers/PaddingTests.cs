using Xunit;

namespace NanoAttention.Tests.Layers;

public class PaddingTests
{
    [Fact]
    public void ShortSequencesAreFilledUp()
    {
        var batch = Padding.Batch([[5, 6, 7], [8], []]);
        Assert.Equal([3, 3], batch.Shape);
        Assert.Equal([5, 6, 7, 8, 0, 0, 0, 0, 0], batch.ToArray<int>());
        Assert.Equal([5, 9, 6, 7], Padding.Batch([[5], [6, 7]], padding: 9).ToArray<int>());
        Assert.Equal([0, 0], Padding.Batch([]).Shape);
    }

    [Fact]
    public void AMaskIsTrueInsideTheSequences()
    {
        Assert.Equal([true, true, false, false, false, false], Padding.Mask([2, 0], 3).ToArray<bool>());
        Assert.Equal("Padding: the length 4 of row 1 is not between 0 and 3", Assert.Throws<ArgumentException>(() => Padding.Mask([2, 4], 3)).Message);
    }
}
