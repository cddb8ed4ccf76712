using Xunit;

namespace NanoAttention.Tests.Layers;

/// <summary>Rules on places, as pictures: a query a line, x where it sees.</summary>
public class MasksTests
{
    static readonly Dictionary<string, (Sees Sees, string Picture)> rules = new()
    {
        ["causal"] = (Masks.Causal, "x..... xx.... xxx... xxxx.. xxxxx. xxxxxx"),
        ["window"] = (Masks.Window(2), "x..... xx.... .xx... ..xx.. ...xx. ....xx"),
        ["around"] = (Masks.Around(1), "xx.... xxx... .xxx.. ..xxx. ...xxx ....xx"),
        ["dilated"] = (Masks.Dilated(2, 3), "x..... .x.... ..x... x..x.. .x..x. ..x..x"),
        ["strided"] = (Masks.Strided(2), "x..... xx.... xxx... .xxx.. x.xxx. .x.xxx"),
        ["blocks"] = (Masks.Blocks(new[,] { { true, false, false }, { true, true, false }, { false, true, true } }, 2), "xx.... xx.... xxxx.. xxxx.. ..xxxx ..xxxx"),
        ["causal blocks"] = (Masks.And(Masks.Causal, Masks.Blocks(new[,] { { true, false }, { false, true } }, 3)), "x..... xx.... xxx... ...x.. ...xx. ...xxx"),
    };

    public static TheoryData<string> Names => [.. rules.Keys];

    [Theory, MemberData(nameof(Names))]
    public void A_rule_makes_its_mask(string name)
    {
        var (sees, picture) = rules[name];
        Assert.Equal(picture, Drawn(Masks.Of(sees, 6, 6)));
        Assert.Equal(picture[7..], Drawn(Masks.Of(sees, 5, 6, offset: 1)));
    }

    [Theory, MemberData(nameof(Names))]
    public void As_a_bias_it_hides_the_same(string name)
    {
        using var _ = Defaults.With(DType.F64, seed: 1);
        var mask = Masks.Of(rules[name].Sees, 6, 6);
        Tensor q = Tensor.Normal([6, 4]), k = Tensor.Normal([6, 4]);
        Assert.Equal(Tensor.ScaledDotProductAttention(q, k, k, mask).ToDoubles(), Tensor.ScaledDotProductAttention(q, k, k, bias: Masks.Bias(mask)).ToDoubles());
    }

    static string Drawn(Tensor mask) => string.Join(' ', mask.ToArray<bool>().Chunk(mask.Shape[1]).Select(row => string.Concat(row.Select(sees => sees ? 'x' : '.'))));
}
