using static NanoAttention.Reverse;

namespace NanoAttention;

public sealed partial class Tensor
{
    /// <summary>
    /// One step of an LSTM behind its matrix products (Hochreiter and Schmidhuber 1997; gates i, f, g, o in PyTorch's order):
    /// <code>c = σ(f) c₋₁ + σ(i) tanh(g),  h = σ(o) tanh(c)</code>
    /// Shapes: gates (n, 4h) before their activations, previous cell state (n, h) → h and c, (n, h) each.
    /// </summary>
    public static (Tensor H, Tensor C) LstmCell(Tensor gates, Tensor previous)
    {
        gates.CheckFloat("LstmCell");
        CheckPair(gates, previous, "LstmCell");
        if (gates.Rank != 2 || previous.Rank != 2 || gates.Shape[0] != previous.Shape[0] || gates.Shape[1] != 4 * previous.Shape[1])
            throw new ArgumentException($"LstmCell: gates {gates.Shape} and cell state {previous.Shape}: they must be (n, 4h) and (n, h)");
        var (g, c0) = (gates.Contiguous(), previous.Contiguous());
        var both = Empty([2, .. c0.Shape.Sizes], g.DType, g.Device);        // h above c: one value, so that their gradients come back together
        var activated = Like(g);
        var (h, c) = (both.Slice(0, 0, 1), both.Slice(0, 1, 1));
        g.Device.LstmCell(g, c0, h, c, activated);
        var parts = Record(both, [g, c0], dy =>
        {
            if (Recording)
                return PullTwin(t =>
                {
                    var (h1, c1) = ComposedLstmCell(t[0], t[1]);
                    return Stack([h1, c1]);
                }, [g, c0], dy);
            Tensor dgates = Like(g), dprevious = Like(c0);
            dy = dy.Contiguous();
            g.Device.LstmCellBackward(activated, c0, c, dy.Slice(0, 0, 1), dy.Slice(0, 1, 1), dgates, dprevious);
            return [dgates, dprevious];
        }).Unbind();
        return (parts[0], parts[1]);
    }

    static (Tensor H, Tensor C) ComposedLstmCell(Tensor gates, Tensor previous)
    {
        int n = previous.Shape[1];
        var c = gates.Slice(1, n, n).Sigmoid() * previous + gates.Slice(1, 0, n).Sigmoid() * gates.Slice(1, 2 * n, n).Tanh();
        return (gates.Slice(1, 3 * n, n).Sigmoid() * c.Tanh(), c);
    }

    static Case[] LstmCellCases =>
    [
        Case.Of((gates, c) => Concat([LstmCell(gates, c).H, LstmCell(gates, c).C]), [3, 20], [3, 5]) with
        {
            Twin = t => Concat([ComposedLstmCell(t[0], t[1]).H, ComposedLstmCell(t[0], t[1]).C]), Bench = [[64, 1024], [64, 256]],
        },
        Case.Of((gates, c) => LstmCell(gates, c).H, [2, 8], [2, 2]),
    ];
}
