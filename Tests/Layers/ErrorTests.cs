using Xunit;

namespace NanoAttention.Tests.Layers;

/// <summary>What does not fit is refused by the layer's name, with what was given and what would have been right.</summary>
public class ErrorTests
{
    static void Refused(string message, Action act) => Assert.Equal(message, Assert.ThrowsAny<ArgumentException>(act).Message);

    static Tensor Of(params int[] sizes) => Tensor.Ones(Shape.Create(sizes));

    static Tensor Ids(params int[] ids) => Tensor.From(ids, [1, ids.Length]);

    [Fact]
    public void HeadsThatDoNotDivideTheSize()
    {
        Refused("MultiHeadAttention: 4 heads do not divide the size 6: each must get the same whole number of features", () => new MultiHeadAttention(6, 4));
        Refused("MultiHeadAttention: 0 heads do not divide the size 6: each must get the same whole number of features", () => new MultiHeadAttention(6, 0));
        Refused("CausalSelfAttention: 3 heads do not divide the size 8: each must get the same whole number of features", () => new Gpt(new(5, Heads: 3, Size: 8)));
    }

    [Fact]
    public void InputsOfMultiHeadAttention()
    {
        var layer = new MultiHeadAttention(4, 2, keySize: 3, valueSize: 5);
        const string right = "they must be (b, t, 4), (b, s, 3) and (b, s, 5)";
        Refused($"MultiHeadAttention: query (6, 4), key (6, 3), value (6, 5): {right}", () => layer.Forward(Of(6, 4), Of(6, 3), Of(6, 5)));
        Refused($"MultiHeadAttention: query (2, 6, 4), key (2, 7, 4), value (2, 7, 5): {right}", () => layer.Forward(Of(2, 6, 4), Of(2, 7, 4), Of(2, 7, 5)));
        Refused($"MultiHeadAttention: query (2, 6, 4), key (2, 7, 3), value (2, 8, 5): {right}", () => layer.ForwardWithWeights(Of(2, 6, 4), Of(2, 7, 3), Of(2, 8, 5)));
        Refused($"MultiHeadAttention: query (2, 6, 4), key (3, 7, 3), value (3, 7, 5): {right}", () => layer.Forward(Of(2, 6, 4), Of(3, 7, 3), Of(3, 7, 5)));
        Refused("MultiHeadAttention: the key mask (2, 6) Bool must be (2, 7) Bool or floating point, as the key (2, 7, 3) is",
            () => layer.Forward(Of(2, 6, 4), Of(2, 7, 3), Of(2, 7, 5), keyMask: Padding.Mask([1, 2], 6)));
    }

    [Fact]
    public void InputsOfCausalSelfAttention() =>
        Refused("CausalSelfAttention: the input (3, 4) must be (batch, time, 4)", () => new CausalSelfAttention(4, 2).Forward(Of(3, 4)));

    [Fact]
    public void SequencesForAnLstm()
    {
        var lstm = new Lstm(3, 4);
        Refused("Lstm: the input (2, 0, 3) has no steps: it must have at least one", () => lstm.Forward(Of(2, 0, 3)));
        Refused("Lstm: the input (0, 2, 3) has no steps: it must have at least one", () => new Lstm(3, 4, batchFirst: false).Forward(Of(0, 2, 3)));
        Refused("Lstm: the lengths (5, 0) must be 2 numbers from 1 to 5", () => lstm.Forward(Of(2, 5, 3), lengths: [5, 0]));
        Refused("Lstm: the lengths (6, 1) must be 2 numbers from 1 to 5", () => lstm.Forward(Of(2, 5, 3), lengths: [6, 1]));
        Refused("Lstm: the lengths (5) must be 2 numbers from 1 to 5", () => lstm.Forward(Of(2, 5, 3), lengths: [5]));
    }

    [Fact]
    public void StatesOfRecurrentLayers()
    {
        Refused("Rnn: it must have from 1 to 10,000 layers, not 0 (Parameter 'count')", () => new Rnn(3, 4, layers: 0));
        Refused("Gru: the input (2, 5) must be (batch, time, 3)", () => new Gru(3, 4).Forward(Of(2, 5)));
        Refused("Gru: the first states (2, 1, 4) must be (1, 2, 4)", () => new Gru(3, 4).Forward(Of(2, 5, 3), Of(2, 1, 4)));
        Refused("Lstm: the first states (1, 2, 4) and (1, 2, 4) must be (1, 2, 2) and (1, 2, 4)",
            () => new Lstm(3, 4, projection: 2).Forward(Of(2, 5, 3), (Of(1, 2, 4), Of(1, 2, 4))));
        Refused("RnnCell: the input (2, 4) must be (batch, 3)", () => new RnnCell(3, 4).Forward(Of(2, 4)));
        Refused("GruCell: the state (1, 4) must be (2, 4)", () => new GruCell(3, 4).Forward(Of(2, 3), Of(1, 4)));
    }

    [Fact]
    public void SequencesForTranslators()
    {
        Tensor source = Padding.Batch([[3, 4, 5], [6]]), target = Padding.Batch([[1], [1]]);
        foreach (Translator model in (Translator[])[new Seq2Seq(9, 9, 4, 4, 4), new TransformerSeq2Seq(9, 9, 4, 2, 6, 1)])
        {
            string name = model.GetType().Name;
            const string right = "it must be (batch, time), with batch lengths from 1 to time";
            Refused($"{name}: the source (2, 3) and lengths (3, 4): {right}", () => model.Forward(source, [3, 4], target));
            Refused($"{name}: the source (2, 3) and lengths (3, 0): {right}", () => model.Translate(source, [3, 0], 5));
            Refused($"{name}: the source (2, 3) and lengths (3): {right}", () => model.Forward(source, [3], target));
            Refused($"{name}: the target (1, 1) must be (2, time)", () => model.Forward(source, [3, 1], target.Slice(0, 0, 1)));
        }
    }

    [Fact]
    public void IdsForAGpt()
    {
        var gpt = new Gpt(new(5, Block: 3, Layers: 1, Heads: 1, Size: 4));
        Refused("Gpt: the ids (1, 4) must be (batch, time) with a time of at most 3", () => gpt.Forward(Ids(1, 2, 3, 4)));
        Refused("Gpt: the ids (2) must be (batch, time) with a time of at most 3", () => gpt.Forward(Tensor.From([1, 2], [2])));
        string message = Assert.ThrowsAny<ArgumentException>(() => gpt.Forward(Ids(1, 5))).Message;
        Assert.StartsWith("Embedding: Gather: index 5 at position 1 of (1, 2) is not between 0 and 4", message);
        Assert.StartsWith("Embedding: Gather: index -1", Assert.ThrowsAny<ArgumentException>(() => gpt.Generate([-1], 1)).Message);
    }
}
