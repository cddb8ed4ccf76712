namespace NanoAttention;

public sealed partial class Tensor
{
    /// <summary>
    /// Blocks of r² channels spread out over r × r squares (Shi et al. 2016): (…, c r², h, w) → (…, c, h r, w r). Channel c r² + i r + j
    /// becomes row i, column j of the squares of channel c.
    /// </summary>
    public Tensor PixelShuffle(int r)
    {
        if (Rank < 3 || r < 1 || Shape[^3] % (r * r) != 0)
            throw new ArgumentException($"PixelShuffle: {Shape} with r = {r}: it must be (…, c r², h, w)");
        int c = Shape[^3] / (r * r), h = Shape[^2], w = Shape[^1];
        return Reshape(Shape[..^3].Count, c, r, r, h, w).Permute(0, 1, 4, 2, 5, 3).Reshape([.. Shape.Sizes[..^3], c, h * r, w * r]);
    }

    /// <summary>The inverse of <see cref="PixelShuffle"/>: (…, c, h r, w r) → (…, c r², h, w).</summary>
    public Tensor PixelUnshuffle(int r)
    {
        if (Rank < 3 || r < 1 || Shape[^2] % r != 0 || Shape[^1] % r != 0)
            throw new ArgumentException($"PixelUnshuffle: {Shape} with r = {r}: it must be (…, c, h r, w r)");
        int c = Shape[^3], h = Shape[^2] / r, w = Shape[^1] / r;
        return Reshape(Shape[..^3].Count, c, h, r, w, r).Permute(0, 1, 3, 5, 2, 4).Reshape([.. Shape.Sizes[..^3], c * r * r, h, w]);
    }

    static Case[] PixelShuffleCases =>
    [
        Case.Of(x => x.PixelShuffle(2), [2, 8, 2, 3]),
        Case.Of(x => x.PixelUnshuffle(2), [3, 4, 2]),
    ];
}
