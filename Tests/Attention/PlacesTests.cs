using Xunit;

namespace NanoAttention.Tests.Layers;

/// <summary>How attention is told where things stand.</summary>
public class PlacesTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Turned_products_depend_on_the_distance_alone(bool interleaved)
    {
        using var _ = Defaults.With(DType.F64, seed: 1);
        var rotary = new Rotary(interleaved: interleaved);
        Tensor q = Tensor.Normal([1, 8]), k = Tensor.Normal([1, 8]);
        double At(int i, int j) => (rotary.Forward(q, i) * rotary.Forward(k, j)).Sum().Item();
        Assert.Equal(At(0, 0), At(17, 17), 1e-12);
        Assert.Equal(At(3, 1), At(1002, 1000), 1e-10);
        Assert.NotEqual(At(3, 1), At(3, 2), 1e-3);
        Assert.Equal(q.Norm().Item(), rotary.Forward(q, 12345).Norm().Item(), 1e-13);
    }

    [Fact]
    public void The_two_layouts_are_one_rotation_of_features_in_another_order()
    {
        using var _ = Defaults.With(DType.F64, seed: 2);
        var x = Tensor.Normal([2, 5, 6]);
        var order = Tensor.From([0, 3, 1, 4, 2, 5], [6]);      // halves → pairs
        Rounding.AssertClose(new Rotary().Forward(x, 2).IndexSelect(-1, order), new Rotary(interleaved: true).Forward(x.IndexSelect(-1, order), 2), 1e-15, "layouts");
    }

    [Fact]
    public void Alibi_falls_off_linearly_at_each_heads_own_rate()
    {
        using var _ = Defaults.With(DType.F64, seed: 1);
        Assert.Equal([0, -1, -2, -1, 0, -1], new AlibiBias(8).Forward(2, 3).Select(0, 0).ToDoubles().Select(x => 2 * x));
        Assert.Equal(Math.Pow(2, -8), -new AlibiBias(8).Forward(1, 2, offset: 1)[7, 0, 0].Item());
    }

    // 16 exact distances, then ever wider ones: the buckets of T5's own settings (mesh_tensorflow's _relative_position_bucket).
    [Theory]
    [InlineData(0, 0)]
    [InlineData(-1, 1)]
    [InlineData(-7, 7)]
    [InlineData(-8, 8)]
    [InlineData(-11, 8)]
    [InlineData(-12, 9)]
    [InlineData(-16, 10)]
    [InlineData(-32, 12)]
    [InlineData(-63, 13)]
    [InlineData(-64, 14)]
    [InlineData(-127, 15)]
    [InlineData(-5000, 15)]
    [InlineData(1, 17)]
    [InlineData(8, 24)]
    [InlineData(128, 31)]
    public void Distances_share_T5s_buckets(int distance, int bucket) => Assert.Equal(bucket, new BucketBias(2).Bucket(distance));

    [Theory]
    [InlineData(3, 0)]
    [InlineData(0, 0)]
    [InlineData(-15, 15)]
    [InlineData(-16, 16)]
    [InlineData(-19, 17)]
    [InlineData(-127, 31)]
    [InlineData(-128, 31)]
    public void Looking_back_alone_all_buckets_are_behind(int distance, int bucket) => Assert.Equal(bucket, new BucketBias(2, bothWays: false).Bucket(distance));

    [Fact]
    public void Relative_vectors_are_added_to_keys_and_values()
    {
        using var _ = Defaults.With(DType.F64, seed: 3);
        var layer = new RelativeAttention(4, 1, 2);
        var x = Tensor.Normal([1, 5, 4]);
        Tensor q = layer.QProj.Forward(x)[0], k = layer.KProj.Forward(x)[0], v = layer.VProj.Forward(x)[0];
        var rows = new Tensor[5];
        for (int i = 0; i < 5; i++)
        {
            var distances = Tensor.From([.. Enumerable.Range(0, 5).Select(j => Math.Clamp(j - i, -2, 2) + 2)], [5]);
            var weights = ((k + layer.KeyDistances.Gather(distances)).MatMul(q[i]) / 2).Softmax();
            rows[i] = weights.MatMul(v + layer.ValueDistances.Gather(distances));
        }
        Rounding.AssertClose(layer.OProj.Forward(Tensor.Stack(rows)), layer.Forward(x)[0], 1e-14, "relative");
    }

    [Fact]
    public void A_trained_place_is_the_places_not_the_symbols()
    {
        using var _ = Defaults.With(DType.F64, seed: 4);
        var places = new LearnedPositions(6, 3);
        Assert.Equal(places.Weight[2..5].ToDoubles(), places.Forward(Tensor.Zeros([3, 3]), offset: 2).ToDoubles());
        Assert.Equal("LearnedPositions: the input (3, 3) from place 4 on must be (…, time, 3) within 6 places",
            Assert.Throws<ArgumentException>(() => places.Forward(Tensor.Zeros([3, 3]), offset: 4)).Message);
    }
}
