using ILGPU;
using ILGPU.Util;

namespace NanoAttention.Kernels.Gpu;

/// <inheritdoc cref="Cpu.CrossEntropy"/>
public static class CrossEntropy
{
    /// <summary>The losses and lse, each (rows); lse is 0 where ignored, both NaN where the target is no class. A group takes a row.</summary>
    public static void Forward(ArrayView<float> logits, ArrayView<int> targets, ArrayView<float> losses, ArrayView<float> lse, int n, int ignore, float smoothing)
    {
        var shared = SharedMemory.Allocate<float>(Threads.MaxGroup);
        for (int row = Grid.IdxX; row < losses.IntLength; row += Grid.DimX)
        {
            int start = row * n, target = targets[row];
            var exponentials = Rows.Exponentials(logits, start, n, shared);
            float max = exponentials.Max, log = FloatMath.Log(exponentials.Sum);
            float mean = smoothing > 0 ? Rows.Total(logits, start, n, shared) / n : 0;
            if (Group.IdxX == 0)
            {
                bool known = (target >= 0) & (target < n);
                float x = Utilities.Select(known, logits[start + Utilities.Select(known, target, 0)], float.NaN);
                // max leaves before log joins: their sum would lose the loss's last digits where the logits are large
                float loss = log + (max - x);
                if (smoothing > 0) loss += smoothing * (x - mean);      // x may be −∞
                losses[row] = Utilities.Select(target == ignore, 0f, loss);
                lse[row] = Utilities.Select(target == ignore, 0f, Utilities.Select(known, max + log, float.NaN));
            }
        }
    }

    /// <summary>dxⱼ = dloss (exp(xⱼ − lse) − (1 − ε) [j = t] − ε / n); 0 where ignored. A group takes a row.</summary>
    public static void Backward(ArrayView<float> logits, ArrayView<int> targets, ArrayView<float> lse, ArrayView<float> dlosses, ArrayView<float> dx, int n, int ignore, float smoothing)
    {
        for (int row = Grid.IdxX; row < lse.IntLength; row += Grid.DimX)
        {
            int start = row * n, target = targets[row];
            float slope = dlosses[row], shift = lse[row];
            bool ignored = target == ignore;
            for (int i = 0; i < n; i += RowShare.Whole)
            {
                var share = RowShare.Load(logits, start + i, n - i, 0).Exp(shift) - smoothing / n - RowShare.Spike(target - i, 1 - smoothing);
                (share * slope).Unless(ignored).Store(dx, start + i, n - i);
            }
        }
    }
}
