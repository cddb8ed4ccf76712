using System.Globalization;

namespace NanoAttention.Benchmarks.Peers;

/// <summary>A row of the comparison.</summary>
/// <param name="Title">What is computed.</param>
/// <param name="Tests">Its name in the workers' protocol, and other ways to the same result, of which a peer's best counts.</param>
/// <param name="Goal">The best peer's time over ours that is wanted on one thread and on more.</param>
/// <param name="Flops">Floating-point operations of a run; 0 where memory or overhead counts.</param>
/// <param name="Bytes">Bytes that a run must read and write at least; 0 where arithmetic or overhead counts.</param>
/// <param name="InPlace">Whether it writes where it has read.</param>
/// <param name="OfMemory">Whether the goal is a part of the speed at which as many bytes are copied, instead of a peer's time over ours.</param>
sealed record PeerRow(
    string Title, string[] Tests, (double One, double More) Goal, double Flops = 0, double Bytes = 0, bool InPlace = false,
    bool OfMemory = false)
{
    const double million = 1 << 20;

    /// <summary>Whether it is one of the products that are summed up by their geometric mean.</summary>
    public bool IsProduct => Tests[0].StartsWith("sgemm", StringComparison.Ordinal);

    public double GoalOn(int threads) => threads == 1 ? Goal.One : Goal.More;

    /// <summary>All rows.</summary>
    public static readonly PeerRow[] All =
    [
        .. from shape in (string[])
           [
               "N N 64 64 64", "N N 128 128 128", "N N 256 256 256", "N N 512 512 512", "N N 1024 1024 1024", "N N 2048 2048 2048",
               "N N 768 384 128", "N N 768 512 128", "N N 768 128 512", "N N 512 3072 768",
               "N T 768 384 128", "N T 768 128 384", "N T 768 128 512", "N T 512 3072 768",
               "T N 128 384 768", "T N 128 512 768", "T N 768 3072 512", "N T 1024 1024 1024", "T N 1024 1024 1024",
           ]
           select Product("SGEMM", $"sgemm {shape}", 0.93),
        .. from size in (int[])[256, 512, 1024] select Product("DGEMM", $"dgemm N N {size} {size} {size}", 1.2),
        new("softmax 1024x1024", ["softmax 1024 1024"], (1.5, 1.5), Bytes: 8 * million),
        new("softmax 4096x64", ["softmax 4096 64"], (1.5, 1.5), Bytes: 8 * 4096 * 64),
        new("layer norm 1024x768", ["layernorm 1024 768"], (2.6, 2.6), Bytes: 8 * 1024 * 768),
        new("GELU (erf) 786k", ["gelu 786432"], (1.1, 1.1), Bytes: 8 * 786432),
        new("GELU (tanh) 786k", ["gelutanh 786432"], (2, 2), Bytes: 8 * 786432),
        new("exp 1M", ["exp 1048576"], (1.05, 1.05), Bytes: 8 * million),
        new("tanh 1M", ["tanh 1048576"], (1.5, 1.5), Bytes: 8 * million),
        new("sigmoid 1M", ["sigmoid 1048576"], (1.4, 1.4), Bytes: 8 * million),
        Attention("causal, forward", "sdpac", 12, 4, 64, 32, (2.6, 2.6)),
        Attention("causal, forward and backward", "sdpafbc", 12, 4, 64, 32, (2.6, 2.6)),
        Attention("forward", "sdpa", 1, 12, 1024, 64, (1.3, 1.3)),
        Attention("causal, forward", "sdpac", 1, 12, 1024, 64, (2, 2)),
        Attention("causal, forward and backward", "sdpafbc", 1, 12, 1024, 64, (2.1, 2.1)),
        new("LSTM 64x32x128 → 256, forward", ["lstm 64 32 128 256"], (1.1, 1.1), LstmFlops),
        new("LSTM 64x32x128 → 256, forward and backward", ["lstmfb 64 32 128 256"], (1.1, 1.1), 3 * LstmFlops),
        new("AdamW 10M", ["adamfu 10000000", "adamfe 10000000"], (1.1, 1.1), Bytes: 28e7, InPlace: true),      // reads p, g, m, v; writes p, m, v
        Gpt("nanoGPT's CPU setting", "", 12, 64, 4, 128, (1.5, 1.6)),
        Gpt("GPT B4 T256 L6 H6 C384", " 4 256 6 6 384", 4, 256, 6, 384, (1.3, 1.4)),
        new("CNN 32x32, batch 64, training step", ["cnn_step 64"], (1.1, 1.1), 3 * 64 * CnnFlops),
        new("tiny: 100 adds of 16 numbers, forward and backward", ["tiny_addbwd"], (30, 30)),
        new("scalar autograd: 100 nodes, forward and backward", ["tiny_scalar"], (50, 50)),
    ];

    /// <summary>The rows of a GPU, with their goals: of <see cref="Place.IsSimulated"/> ones the sizes are tiny.</summary>
    public static PeerRow[] OnGpu(bool simulated)
    {
        (int n, int rows, int width, int length) = simulated ? (16, 4, 8, 8) : (4096, 1 << 15, 1 << 10, 4096);
        int heads = simulated ? 2 : 16, size = simulated ? 4 : 64, count = rows * width;
        string large = simulated ? $"{count}" : $"{count >> 20}M";
        return
        [
            Product("SGEMM, strict,", $"sgemm N N {n} {n} {n}", 0.8),
            Product("SGEMM, TF32,", $"tf32 N N {n} {n} {n}", 0.5),
            new($"softmax {rows}x{width}", [$"softmax {rows} {width}"], (0.85, 0.85), Bytes: 8.0 * count, OfMemory: true),
            new($"layer norm {rows}x{width}", [$"layernorm {rows} {width}"], (0.85, 0.85), Bytes: 8.0 * count, OfMemory: true),
            new($"GELU (erf) {large}", [$"gelu {count}"], (0.85, 0.85), Bytes: 8.0 * count, OfMemory: true),
            new($"AdamW {large}", [$"adamfu {count}", $"adamfe {count}"], (0.85, 0.85), Bytes: 28.0 * count, InPlace: true, OfMemory: true),
            Attention("causal, forward", "sdpac", 1, heads, length, size, (1, 1)),
            Attention("causal, forward and backward", "sdpafbc", 1, heads, length, size, (1, 1)),
            simulated ? Gpt("GPT B1 T4 L1 H2 C8", " 1 4 1 2 8", 1, 4, 1, 8, (0.8, 0.8))
                : Gpt("GPT B64 T256 L6 H6 C384", " 64 256 6 6 384", 64, 256, 6, 384, (0.8, 0.8)),
            .. simulated ? (PeerRow[])[] : [Gpt("nanoGPT's CPU setting", "", 12, 64, 4, 128, (1, 1))],
        ];
    }

    // a product for x and one for h, 4 gates
    const double LstmFlops = 64.0 * 32 * 2 * 4 * 256 * (128 + 256);

    // the three convolutions of one image, 9 taps each
    const double CnnFlops = 2.0 * 9 * (32 * 32 * 3 * 32 + 16 * 16 * 32 * 64 + 8 * 8 * 64 * 128);

    static PeerRow Product(string title, string test, double goal)
    {
        string[] words = test.Split(' ');
        double[] sizes = [.. words[3..].Select(word => double.Parse(word, CultureInfo.InvariantCulture))];
        string transposed = words[1] == "T" ? " AᵀB" : words[2] == "T" ? " ABᵀ" : "";
        return new($"{title}{transposed} {string.Join('x', words[3..])}", [test], (goal, goal), 2 * sizes[0] * sizes[1] * sizes[2]);
    }

    // two products forward, five backward (one anew); the mask leaves half of each
    static PeerRow Attention(string kind, string test, int batch, int heads, int length, int size, (double, double) goal)
    {
        double products = test.Contains("fb") ? 7 : 2, seen = test.EndsWith('c') ? 0.5 : 1;
        double flops = products * seen * 2 * batch * heads * length * length * size;
        string sizes = string.Create(CultureInfo.InvariantCulture, $"{batch} {heads} {length} {size}");
        string[] ways = [$"{test} {sizes}", $"{test.Replace("sdpa", "mha")} {sizes}"];
        return new($"attention {batch * heads}x{length}x{size}, {kind}", ways, goal, flops);
    }

    // forward, and twice that backward: 12 C² weights a block, the causal half of two products of T × T, and the output layer
    static PeerRow Gpt(string title, string sizes, int batch, int block, int layers, int size, (double, double) goal)
    {
        double flops = 3.0 * 2 * batch * block * (layers * (12.0 * size * size + block * size) + 65 * size);
        string[] ways = ["gpt_step_sdpa_fused", "gpt_step_sdpa_foreach", "gpt_step_man_fused", "gpt_step_man_foreach"];
        return new($"{title}, training step", [.. ways.Select(way => way + sizes)], goal, flops);
    }
}
