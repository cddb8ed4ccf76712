namespace NanoAttention.Benchmarks.Peers;

/// <summary>Three times a convolution, batch norm, relu, squeeze-and-excitation and a pool of 2 × 2: (n, 3, 32, 32) → (n, 10).</summary>
sealed class SqueezeCnn : Layer
{
    public Conv2d Conv1 { get; } = new(3, 32, 3, padding: 1, bias: false);
    public Conv2d Conv2 { get; } = new(32, 64, 3, padding: 1, bias: false);
    public Conv2d Conv3 { get; } = new(64, 128, 3, padding: 1, bias: false);
    public BatchNorm2d Bn1 { get; } = new(32);
    public BatchNorm2d Bn2 { get; } = new(64);
    public BatchNorm2d Bn3 { get; } = new(128);
    public SqueezeExcitation Se1 { get; } = new(32, 8);
    public SqueezeExcitation Se2 { get; } = new(64, 16);
    public SqueezeExcitation Se3 { get; } = new(128, 32);
    public Linear Fc { get; } = new(128, 10);

    public override Tensor Forward(Tensor x)
    {
        x = Se1.Forward(Bn1.Forward(Conv1.Forward(x)).Relu()).MaxPool([2, 2]);      // (n, 32, 16, 16)
        x = Se2.Forward(Bn2.Forward(Conv2.Forward(x)).Relu()).MaxPool([2, 2]);      // (n, 64, 8, 8)
        x = Se3.Forward(Bn3.Forward(Conv3.Forward(x)).Relu()).MaxPool([2, 2]);      // (n, 128, 4, 4)
        return Fc.Forward(x.Mean([2, 3]));
    }
}
