namespace NanoAttention.Tests.Layers;

/// <summary>A layer's answer about memory (b, s, 8) for queries x (b, t, 8); where it attends to its own input they are one tensor.</summary>
delegate (Tensor Output, Tensor? Weights) Look(Tensor x, Tensor memory, Tensor? mask, bool weighed);

/// <summary>What a layer promises: a check, or the sentence that says why there is nothing to promise.</summary>
sealed record Claim(Action? Check, string Why)
{
    public static Claim Yes(Action check) => new(check, "");

    public static Claim No(string why) => new(null, why);
}

/// <summary>An attention layer and its contracts.</summary>
/// <param name="Name">Of the layer's type.</param>
/// <param name="Make">A new layer, the same for the same seed, and how it looks; a mask is (b, s) Bool, true at the places that are there.</param>
sealed record Row(string Name, Func<(Module? Layer, Look Look)> Make)
{
    /// <summary>Whether it attends to its own input.</summary>
    public bool Self { get; init; }

    /// <summary>The shape of what it is given.</summary>
    public Shape Input { get; init; } = [2, 5, 8];

    /// <summary>Why it takes no mask of places that are not there, if it takes none.</summary>
    public string? Maskless { get; init; }

    /// <summary>Whether no place sees a later one, so that what stands behind the end needs no mask.</summary>
    public bool LooksBack { get; init; }

    public required Claim Future { get; init; }
    public Claim Sums { get => field ?? Claim.Yes(() => Contracts.RowsSumToOne(this)); init; }
    public Claim Asking { get => field ?? Claim.Yes(() => Contracts.AskingChangesNothing(this)); init; }
    public Claim Padding => LooksBack ? Claim.Yes(() => Contracts.PaddingChangesNothing(this)) : Masked(() => Contracts.PaddingChangesNothing(this));
    public Claim Order { get => field ?? Claim.Yes(() => Contracts.OrderDoesNotMatter(this)); init; }
    public Claim Blind => Masked(() => Contracts.TheBlindAnswerZero(this));
    public required Claim Cached { get; init; }
    public required Claim Online { get; init; }
    public required Claim Window { get; init; }
    public Claim Unbiased { get; init; } = Claim.No("It draws nothing: its gradient is exact.");
    public Claim StraightThrough { get; init; } = Claim.No("Forward and backward are of one function.");

    /// <summary>The contracts in words, with what this layer makes of them.</summary>
    public (string Contract, Claim Claim)[] Claims =>
    [
        ("no gradient to the future", Future),
        ("rows of weights sum to 1", Sums),
        ("asking changes nothing", Asking),
        ("padding changes nothing", Padding),
        ("order does not matter", Order),
        ("the blind answer 0", Blind),
        ("cached = full", Cached),
        ("online softmax = full", Online),
        ("window = masked full", Window),
        ("REINFORCE is unbiased", Unbiased),
        ("straight through", StraightThrough),
    ];

    Claim Masked(Action check) => Maskless is null ? Claim.Yes(check) : Claim.No(Maskless);
}
