using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;
using Xunit;
using static NanoAttention.Tests.Layers.Claim;

namespace NanoAttention.Tests.Layers;

/// <summary>Every attention layer against every contract: kept, or the reason why there is none. The table in words is Contracts.md.</summary>
public class ContractTests(ITestOutputHelper output)
{
    const string
        all = "It looks at all keys at once; its mask says which of them come before.",
        stateless = "It computes nothing from keys alone that a later query could use again.",
        projected = "Its keys come with each call: what was projected before is the caller's (AdditiveAttention.Project).",
        unlike = "Its scores are not the scaled dot product that the online softmax is written for; the pass would be the same.",
        whole = "It has no window; GlobalAttention under a mask of one is what the local layers are compared with.",
        places = "Where keys stand is what it is about.",
        pooled = "It gates the input it pools, without queries and keys.";

    static readonly Row[] rows =
    [
        new("ScaledDotProductAttention", () => (null, (x, memory, mask, weighed) =>
            weighed ? Tensor.ScaledDotProductAttentionWithWeights(x, memory, memory, mask?.Unsqueeze(1))
            : (Tensor.ScaledDotProductAttention(x, memory, memory, mask?.Unsqueeze(1)), null)))
        {
            Future = Yes(() => Contracts.NoGradientToTheFuture(x => Tensor.ScaledDotProductAttention(x, x, x, causal: true))),
            Cached = No(stateless),
            Online = Yes(() => OnlineIs((x, mask) => Tensor.ScaledDotProductAttention(x, x, x, mask))),
            Window = Yes(() => Contracts.Same(
                x => Tensor.ScaledDotProductAttention(x, x, x, Masks.Of(Masks.Window(2), 5, 5)),
                x => Tensor.ScaledDotProductAttention(x, x, x, bias: Masks.Bias(Masks.Of(Masks.Window(2), 5, 5))))),
        },
        new("OnlineSoftmax", () => (null, (x, memory, mask, _) => (OnlineSoftmax.Attend(x, memory, memory, 2, mask?.Unsqueeze(1)), null)))
        {
            Future = Yes(() => Contracts.NoGradientToTheFuture(x => OnlineSoftmax.Attend(x, x, x, 2, Masks.Of(Masks.Causal, 5, 5)))),
            Sums = No("It never holds a row of weights; that is its point."),
            Asking = No("There are no weights to ask for; ScaledDotProductAttention makes them from its log-sum-exp."),
            Order = Yes(() => Contracts.Same(x => OnlineSoftmax.Attend(x, x.Flip(1), x.Flip(1), 2), x => OnlineSoftmax.Attend(x, x, x, 2))),
            Cached = No(stateless),
            Online = Yes(() => OnlineIs((x, mask) => Tensor.ScaledDotProductAttention(x, x, x, mask))),
            Window = Yes(() => Contracts.Same(
                x => OnlineSoftmax.Attend(x, x, x, 2, Masks.Of(Masks.Window(2), 5, 5)),
                x => Tensor.ScaledDotProductAttention(x, x, x, Masks.Of(Masks.Window(2), 5, 5)))),
        },
        new("AdditiveAttention", () =>
        {
            var layer = new AdditiveAttention(8, 8, 4);
            return (layer, (x, memory, mask, _) => layer.Forward(x.Select(1, 0), memory, memory, mask));
        })
        {
            Future = No(all),
            Cached = Yes(() =>
            {
                var layer = new AdditiveAttention(8, 8, 4);
                Contracts.Same(x => layer.Forward(x.Select(1, 0), x, x).Context, x => layer.Attend(x.Select(1, 0), layer.Project(x), x).Context);
            }),
            Online = No(unlike),
            Window = No(whole),
        },
        new("GlobalAttention", () => Keyed(new GlobalAttention(new DotScore()), l => l.Forward, l => l.ForwardWithWeights))
        {
            Future = Yes(() => Contracts.NoGradientToTheFuture(x => new GlobalAttention(new DotScore()).Forward(x, x, x, Masks.Of(Masks.Causal, 5, 5)))),
            Cached = No(projected),
            Online = Yes(() => OnlineIs((x, mask) => new GlobalAttention(new DotScore()).Forward(x, x, x, mask))),
            Window = No(whole),
        },
        new("LocalMonotonicAttention", () => Keyed(new LocalMonotonicAttention(new GeneralScore(8, 8), 2),
            l => (q, k, v, mask) => l.Forward(q, k, v, mask), l => (q, k, v, mask) => l.ForwardWithWeights(q, k, v, mask)))
        {
            Future = Yes(() => Contracts.NoGradientToTheFuture(x => new LocalMonotonicAttention(new DotScore(), 2).Forward(x, x, x, Masks.Of(Masks.Causal, 5, 5)))),
            Order = No(places),
            Cached = No(projected),
            Online = No(unlike),
            Window = Yes(() =>
            {
                var score = new GeneralScore(8, 8);
                Contracts.Same(x => new LocalMonotonicAttention(score, 1).Forward(x, x, x), x => new GlobalAttention(score).Forward(x, x, x, Masks.Of(Masks.Around(1), 5, 5)));
            }),
        },
        new("LocalPredictiveAttention", () => Keyed(new LocalPredictiveAttention(new GeneralScore(8, 8), 8, 4, 3), l => l.Forward, l => l.ForwardWithWeights))
        {
            Future = Yes(() =>
            {
                var layer = new LocalPredictiveAttention(new DotScore(), 8, 4, 3);
                Contracts.NoGradientToTheFuture(x => layer.Forward(x, x, x, Masks.Of(Masks.Causal, 5, 5)));
            }),
            Sums = No("The softmax is multiplied by a Gaussian, so the sum is less than 1 (LocalAttentionTests)."),
            Order = No(places),
            Cached = No(projected),
            Online = No(unlike),
            Window = Yes(() =>
            {
                var score = new GeneralScore(8, 8);
                var layer = new LocalPredictiveAttention(score, 8, 4, 2);
                Contracts.Same(x => layer.Forward(x, x, x), x =>
                {
                    var away = Tensor.Arange(5) - 5 * layer.W.Forward(x).Tanh().MatMul(layer.V).Sigmoid().Unsqueeze(2);
                    var (_, weights) = new GlobalAttention(score).ForwardWithWeights(x, x, x, (away.Detach() <= 2) & (away.Detach() >= -2));
                    return (weights * (away * away / -2).Exp()).MatMul(x);
                });
            }),
        },
        new("HardAttention", () => Keyed(new HardAttention(new GeneralScore(8, 8)), l => l.Forward, l => l.ForwardWithWeights))
        {
            Future = Yes(() =>
            {
                var layer = new HardAttention(new DotScore());
                Contracts.NoGradientToTheFuture(x => layer.Draw(x, x, x, Masks.Of(Masks.Causal, 5, 5)) is var look ? look.Output + look.LogProbability.Unsqueeze(2) : x);
            }),
            Cached = No(projected),
            Online = No(unlike),
            Window = No(whole),
            Unbiased = Yes(() =>
            {
                Contracts.ReinforceIsUnbiased(baseline: 0);
                Contracts.ReinforceIsUnbiased(baseline: 0.7);
            }),
            StraightThrough = No("What it draws has no gradient at all; REINFORCE makes one of the probability."),
        },
        new("GumbelAttention", () => Keyed(new GumbelAttention(new GeneralScore(8, 8)), l => l.Forward, l => l.ForwardWithWeights))
        {
            Future = Yes(() =>
            {
                var layer = new GumbelAttention(new DotScore());
                Contracts.NoGradientToTheFuture(x => layer.Forward(x, x, x, Masks.Of(Masks.Causal, 5, 5)));
            }),
            Cached = No(projected),
            Online = No(unlike),
            Window = No(whole),
            Unbiased = No("Its gradient is that of the softmax, biased on purpose: the price of a small variance."),
            StraightThrough = Yes(Contracts.StraightThroughIsOneHotAndSoft),
        },
        new("MultiHeadAttention", () =>
        {
            var layer = new MultiHeadAttention(8, 2, dropout: 0.2);
            return (layer, (x, memory, mask, weighed) =>
                weighed ? layer.ForwardWithWeights(x, memory, memory, keyMask: mask) : (layer.Forward(x, memory, memory, keyMask: mask), null));
        })
        {
            Future = Yes(() =>
            {
                var layer = new MultiHeadAttention(8, 2);
                Contracts.NoGradientToTheFuture(x => layer.Forward(x, x, x, causal: true));
            }),
            Cached = No("It takes queries, keys and values apart, as PyTorch's does; GroupedQueryAttention with as many key heads goes on from a cache."),
            Online = Yes(() =>
            {
                var layer = new MultiHeadAttention(8, 2);
                OnlineIs((x, mask) => layer.Forward(x, x, x, mask), layer.InProjWeight!, layer.OutProj.Weight);
            }),
            Window = Yes(() =>
            {
                var layer = new MultiHeadAttention(8, 2);
                var seen = Masks.Of(Masks.Window(2), 5, 5);
                Contracts.Same(x => layer.Forward(x, x, x, seen), x => layer.Forward(x, x, x, Masks.Bias(seen)));
            }),
        },
        new("CausalSelfAttention", () => Own(new CausalSelfAttention(8, 2, dropout: 0.2), l => l.ForwardWithWeights))
        {
            Self = true,
            LooksBack = true,
            Maskless = "Every place sees itself, so no row is empty.",
            Future = Yes(() => Contracts.NoGradientToTheFuture(new CausalSelfAttention(8, 2).Forward)),
            Order = No("What comes before what is what its mask is about."),
            Cached = No("It is nanoGPT's, which has no cache; GroupedQueryAttention has one."),
            Online = Yes(() =>
            {
                var layer = new CausalSelfAttention(8, 2, bias: false);
                Contracts.Same(layer.Forward, x => Online(x, Masks.Of(Masks.Causal, 5, 5), layer.CAttn.Weight, layer.CProj.Weight));
            }),
            Window = No("It has no window; SlidingWindowAttention has."),
        },
        new("GroupedQueryAttention", () =>
        {
            var layer = new GroupedQueryAttention(8, 4, 2);
            return (layer, (x, _, mask, weighed) => weighed ? layer.ForwardWithWeights(x, keyMask: mask) : (layer.Forward(x, null, mask), null));
        })
        {
            Self = true,
            Future = Yes(() =>
            {
                foreach (var layer in Parts) Contracts.NoGradientToTheFuture(layer.Forward);
            }),
            Cached = Yes(() =>
            {
                foreach (var layer in Parts)
                    Contracts.CachedIsFull(layer.Forward, () =>
                    {
                        var cache = new KeyValueCache();
                        return x => layer.Forward(x, cache);
                    });
            }),
            Online = Yes(() =>
            {
                var layer = new GroupedQueryAttention(8, 2, sees: Masks.Causal);
                var weight = Tensor.Concat([layer.QProj.Weight, layer.KProj.Weight, layer.VProj.Weight]);
                Contracts.Same(layer.Forward, x => Online(x, Masks.Of(Masks.Causal, 5, 5), weight, layer.OProj.Weight));
            }),
            Window = Yes(() => WindowIs(window: 3, step: 1)),
        },
        new("SlidingWindowAttention", () => Own(new SlidingWindowAttention(8, 2, 3), l => l.ForwardWithWeights))
        {
            Self = true,
            LooksBack = true,
            Maskless = "Every place sees itself, so no row is empty.",
            Future = Yes(() => Contracts.NoGradientToTheFuture(new SlidingWindowAttention(8, 2, 3).Forward)),
            Order = No(places),
            Cached = No("It makes all windows of a sequence at once; GroupedQueryAttention with Masks.Window goes on from a cache."),
            Online = No("It holds only a window of scores, which needs no second pass."),
            Window = Yes(() =>
            {
                foreach (var (window, step) in new[] { (1, 1), (3, 1), (2, 2), (3, 2), (9, 1) }) WindowIs(window, step);
            }),
        },
        new("BlockSparseAttention", () => Own(new BlockSparseAttention(8, 2, Chosen, 2, causal: true), l => l.ForwardWithWeights))
        {
            Self = true,
            LooksBack = true,
            Maskless = "Every place sees itself, so no row is empty.",
            Future = Yes(() => Contracts.NoGradientToTheFuture(new BlockSparseAttention(8, 2, Chosen, 2, causal: true).Forward)),
            Order = No(places),
            Cached = No("It brings the blocks of a whole sequence together; GroupedQueryAttention with Masks.Blocks goes on from a cache."),
            Online = No("It holds only the scores of the chosen blocks, which need no second pass."),
            Window = Yes(() =>
            {
                BlocksAre(Chosen, 2, causal: true);
                BlocksAre(new[,] { { false, true }, { true, true } }, 3, causal: false);
                BlocksAre(new[,] { { true, false, true }, { false, false, false }, { true, true, true } }, 2, causal: false);       // who sees nothing answers 0
                BlocksAre(new[,] { { true } }, 8, causal: false);
            }),
        },
        new("RelativeAttention", () =>
        {
            var layer = new RelativeAttention(8, 2, 2);
            return (layer, (x, _, mask, weighed) => weighed ? layer.ForwardWithWeights(x, mask) : (layer.Forward(x, mask), null));
        })
        {
            Self = true,
            Future = Yes(() => Contracts.NoGradientToTheFuture(new RelativeAttention(8, 2, 2, Masks.Causal).Forward)),
            Order = No(places),
            Cached = No("Its vectors of distances belong to a whole sequence; it has no cache."),
            Online = No(unlike),
            Window = No("Its window is a mask on the full scores to begin with."),
        },
        new("LinearAttention", () =>
        {
            var layer = new LinearAttention(8, 2);
            return (layer, (x, _, mask, weighed) => weighed ? layer.ForwardWithWeights(x, mask) : (layer.Forward(x, mask), null));
        })
        {
            Self = true,
            Future = Yes(() => Contracts.NoGradientToTheFuture(new LinearAttention(8, 2, causal: true).Forward)),
            Cached = Yes(() =>
            {
                var layer = new LinearAttention(8, 2, causal: true);
                Contracts.CachedIsFull(layer.Forward, () =>
                {
                    var cache = new LinearCache();
                    return x => layer.Forward(x, null, cache);
                });
            }),
            Online = No("It has no softmax: sums of features need no maximum."),
            Window = No("Its sums run over all that came before; a window would need them anew."),
        },
        new("AttentionPooling", () =>
        {
            var layer = new AttentionPooling(8, 4);
            return (layer, (_, memory, mask, weighed) =>
                weighed ? layer.ForwardWithWeights(memory, mask) : (mask is null ? layer.Forward(memory) : layer.Forward(memory, mask), null));
        })
        {
            Future = No("It answers once, for the whole sequence."),
            Cached = No("It answers once, for the whole sequence."),
            Online = No(unlike),
            Window = No(whole),
        },
        new("RegionAttention", () =>
        {
            var layer = new RegionAttention(8, 8, 4);
            return (layer, (x, memory, _, weighed) =>
            {
                var (state, image) = (x.Select(1, 0), memory.Transpose(1, 2).Unsqueeze(3));             // regions in one column
                return weighed ? layer.ForwardWithWeights(state, image) is var (y, weights) ? (y, weights.Squeeze(2)) : default
                    : (layer.Forward(state, image), null);
            });
        })
        {
            Maskless = "Every region of an image is there.",
            Future = No("An image has neither future nor past."),
            Cached = No(stateless),
            Online = No(unlike),
            Window = No(whole),
        },
        Gate("ChannelAttention", () => new ChannelAttention(8, 2), (l, x) => l.ForwardWithWeights(x), Yes(() => RowsMove(new ChannelAttention(8, 2)))),
        Gate("SqueezeExcitation", () => new SqueezeExcitation(8, 2), (l, x) => l.ForwardWithWeights(x), Yes(() => RowsMove(new SqueezeExcitation(8, 2)))),
        Gate("SpatialAttention", () => new SpatialAttention(3), (l, x) => l.ForwardWithWeights(x), No("Its convolution sees what stands beside what.")),
    ];

    public static TheoryData<string, string> Kept =>
        [.. rows.SelectMany(row => row.Claims.Where(c => c.Claim.Check is not null).Select(c => new TheoryDataRow<string, string>(row.Name, c.Contract)))];

    [Theory, MemberData(nameof(Kept))]
    public void A_layer_keeps_its_contracts(string layer, string contract)
    {
        using var _ = Defaults.With(DType.F64, seed: 1);
        rows.Single(row => row.Name == layer).Claims.Single(c => c.Contract == contract).Claim.Check!();
    }

    /// <summary>Layers that break a contract on purpose: a check that cannot fail checks nothing.</summary>
    [Fact]
    public void What_breaks_a_contract_is_caught()
    {
        using var _ = Defaults.With(DType.F64, seed: 1);
        var row = rows.Single(r => r.Name == "GlobalAttention");
        Broken(() => Contracts.NoGradientToTheFuture(x => Tensor.ScaledDotProductAttention(x, x, x)));
        Broken(() => Contracts.NoGradientToTheFuture(x => Tensor.ScaledDotProductAttention(x, x, x, causal: true) + 1e-9 * x.Sum(1, keep: true)));
        Broken(() => Contracts.RowsSumToOne(With((x, memory, mask, look, _) => look(x, memory, mask, true) is var (y, w) ? (y, w! * (1 + 1e-10)) : default)));
        Broken(() => Contracts.AskingChangesNothing(With((x, memory, mask, look, weighed) => look(x, memory, mask, weighed) is var (y, w)
            ? (weighed ? y * (1 + 4e-16) : y, w) : default)));
        Broken(() => Contracts.PaddingChangesNothing(With((x, memory, mask, look, _) => look(x, memory, null, true))));
        Broken(() => Contracts.PaddingChangesNothing(With((x, memory, mask, look, _) => look(x, memory, mask, true) is var (y, w) ? (y / memory.Shape[1], w) : default)));
        Broken(() => Contracts.OrderDoesNotMatter(With((x, memory, mask, look, _) => look(x, memory + Tensor.Arange(5).Unsqueeze(1), mask, true))));
        Broken(() => Contracts.TheBlindAnswerZero(With((x, memory, mask, look, _) => look(x, memory, null, true))));
        Broken(() => Contracts.TheBlindAnswerZero(With((x, memory, mask, look, _) => look(x, memory, mask, true) is var (y, w)
            ? (y.Norm(2, [1, 2]).Unsqueeze(1) / y.Norm(2, [1, 2]).Unsqueeze(1) * y, w) : default)));
        Broken(() => Contracts.CachedIsFull(new GroupedQueryAttention(8, 2, sees: Masks.Causal).Forward,
            () => x => new GroupedQueryAttention(8, 2, sees: Masks.Causal).Forward(x)));
        Broken(() => Contracts.Same(x => x.Softmax(), x => x.Softmax() * (1 + 1e-10)));
        Broken(() => Contracts.Same(x => x.Softmax(), x => x.Softmax().Detach() + 0 * x));

        static void Broken(Action check) => Assert.NotNull(Record.Exception(check));

        Row With(Func<Tensor, Tensor, Tensor?, Look, bool, (Tensor, Tensor?)> broken) => row with
        {
            Make = () => row.Make() is var (layer, look) ? (layer, (x, memory, mask, weighed) => broken(x, memory, mask, look, weighed)) : default,
        };
    }

    [Fact]
    public void Every_attention_layer_is_in_the_table()
    {
        string[] layers = [.. Cases.Assemblies.SelectMany(assembly => assembly.GetTypes()).Where(IsLayer).Select(type => type.Name)];
        Assert.True(layers.Length >= 16, $"only {string.Join(", ", layers)} were found");
        Assert.Empty(layers.Except(rows.Select(row => row.Name)));
    }

    [Fact]
    public void The_table_in_words_is_the_one_checked()
    {
        string table = Table();
        output.WriteLine(table);
        if (Beside("Contracts.md") is { } file && Directory.Exists(Path.GetDirectoryName(file)))
            Assert.True(table == File.ReadAllText(file), $"{file} should read:{Environment.NewLine}{table}");
    }

    // What attends by itself: it has weights to return, and is not made of layers that do.
    internal static bool IsLayer(Type type) => !type.IsAbstract && Attends(type) && !Below(type).Any(Attends);

    static bool Attends(Type type) =>
        type.IsSubclassOf(typeof(Module)) && (type.GetMethod("ForwardWithWeights") is not null
            || type.Name.EndsWith("Attention", StringComparison.Ordinal) || Below(type).Any(Attends));

    static IEnumerable<Type> Below(Type type) =>
        type.GetProperties(BindingFlags.Public | BindingFlags.Instance).SelectMany(p => p.PropertyType.GetGenericArguments().Append(p.PropertyType));

    static string Table()
    {
        var text = new StringBuilder("# The contracts of attention\n\nWritten and checked by ContractTests. ✓: kept, and tested; a number: not asked for, for the reason below.\n\n");
        var reasons = new List<string>();
        text.Append($"| |{string.Concat(rows[0].Claims.Select(c => $" {c.Contract} |"))}\n|---|{string.Concat(rows[0].Claims.Select(_ => ":-:|"))}\n");
        foreach (var row in rows) text.Append($"| {row.Name} |{string.Concat(row.Claims.Select(c => $" {Cell(c.Claim)} |"))}\n");
        text.Append('\n');
        foreach (var (i, reason) in reasons.Index()) text.Append($"{i + 1}. {reason}\n");
        return text.ToString();

        string Cell(Claim claim)
        {
            if (claim.Check is not null) return "✓";
            Assert.EndsWith(".", claim.Why);
            if (!reasons.Contains(claim.Why)) reasons.Add(claim.Why);
            return $"{reasons.IndexOf(claim.Why) + 1}";
        }
    }

    static string? Beside(string name, [CallerFilePath] string here = "") => Path.Combine(Path.GetDirectoryName(here) ?? "", name);

    // A layer given queries, keys, values and a mask (b, 1, s).
    static (Module?, Look) Keyed<M>(M layer, Func<M, Func<Tensor, Tensor, Tensor, Tensor?, Tensor>> plain,
        Func<M, Func<Tensor, Tensor, Tensor, Tensor?, (Tensor, Tensor)>> asked) where M : Module =>
        (layer, (x, memory, mask, weighed) =>
            weighed ? asked(layer)(x, memory, memory, mask?.Unsqueeze(1)) : (plain(layer)(x, memory, memory, mask?.Unsqueeze(1)), null));

    // A layer given its input alone.
    static (Module?, Look) Own<L>(L layer, Func<L, Func<Tensor, (Tensor, Tensor)>> asked) where L : Layer =>
        (layer, (x, _, _, weighed) => weighed ? asked(layer)(x) : (layer.Forward(x), null));

    static Row Gate<L>(string name, Func<L> make, Func<L, Tensor, (Tensor, Tensor)> asked, Claim order) where L : Layer =>
        new(name, () => Own(make(), l => x => asked(l, x)))
        {
            Self = true,
            Input = [2, 8, 3, 4],
            Maskless = "Every place of an image is there.",
            Future = No("An image has neither future nor past."),
            Sums = No("It is a gate in (0, 1) for each channel or place by itself, no share of a whole."),
            Order = order,
            Cached = No(pooled),
            Online = No(pooled),
            Window = No(pooled),
        };

    // The rows of an image in another order give the same rows in that order.
    static void RowsMove(Layer layer)
    {
        var order = Tensor.From([2, 0, 1], [3]);
        Contracts.Same(x => layer.Forward(x.IndexSelect(2, order)), x => layer.Forward(x).IndexSelect(2, order), [2, 8, 3, 4]);
    }

    // One layer for each part that may go into it.
    static IEnumerable<GroupedQueryAttention> Parts =>
    [
        new(8, 4, 1, Masks.Causal),
        new(8, 4, 2, Masks.Window(2), rotary: new()),
        new(8, 2, sees: Masks.Dilated(2, 2), rotary: new(interleaved: true)),
        new(8, 4, 2, Masks.Strided(2), new AlibiBias(4)),
        new(8, 2, sees: Masks.And(Masks.Causal, Masks.Blocks(Chosen, 2)),
            bias: new BucketBias(2, 4, 5, bothWays: false), scale: 1),
    ];

    static void OnlineIs(Func<Tensor, Tensor?, Tensor> f)
    {
        foreach (var mask in Seen) Contracts.Same(x => f(x, mask), x => OnlineSoftmax.Attend(x, x, x, 2, mask));
    }

    static void OnlineIs(Func<Tensor, Tensor?, Tensor> f, Tensor inward, Tensor outward)
    {
        foreach (var mask in Seen) Contracts.Same(x => f(x, mask), x => Online(x, mask, inward, outward));
    }

    static IEnumerable<Tensor?> Seen => [null, Masks.Of(Masks.Causal, 5, 5), Masks.Of(Masks.Window(2), 5, 5), Masks.Of((i, j) => i != 3 && (i + j) % 2 == 0, 5, 5)];

    // Attention of two heads of (2, 5, 8), by the online softmax.
    static Tensor Online(Tensor x, Tensor? mask, Tensor inward, Tensor outward)
    {
        var heads = Array.ConvertAll(x.Linear(inward).Reshape(2, 5, 3, 2, 4).Unbind(2), part => part.Transpose(1, 2));
        return OnlineSoftmax.Attend(heads[0], heads[1], heads[2], 2, mask).Transpose(1, 2).Reshape(2, 5, 8).Linear(outward);
    }

    static bool[,] Chosen => new[,] { { true, false, false, false }, { true, true, false, false }, { false, true, true, false }, { true, false, false, true } };

    // Outputs, gradients and weights.
    static void BlocksAre(bool[,] seen, int block, bool causal)
    {
        var sees = Masks.Blocks(seen, block);
        var (sparse, full) = (new BlockSparseAttention(8, 2, seen, block, causal), new GroupedQueryAttention(8, 2, sees: causal ? Masks.And(Masks.Causal, sees) : sees));
        full.Load(sparse.StateDict());
        Contracts.Same(sparse.Forward, full.Forward);
        Contracts.Same(x => sparse.ForwardWithWeights(x).Weights, x => full.ForwardWithWeights(x).Weights);
    }

    // Outputs, gradients and weights.
    static void WindowIs(int window, int step)
    {
        var (narrow, full) = (new SlidingWindowAttention(8, 2, window, step), new GroupedQueryAttention(8, 2, sees: Masks.Dilated(window, step)));
        full.Load(narrow.StateDict());
        Contracts.Same(narrow.Forward, full.Forward);
        Contracts.Same(x => narrow.ForwardWithWeights(x).Weights, x => full.ForwardWithWeights(x).Weights);
    }
}
