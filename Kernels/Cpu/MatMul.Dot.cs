namespace NanoAttention.Kernels;

public static unsafe partial class MatMul
{
    /// <summary>Σᵢ xᵢ yᵢ over <paramref name="count"/> neighbours, in four sums that do not wait for each other.</summary>
    internal static T Dot<T, V>(T* x, T* y, int count) where T : unmanaged where V : struct, ISimd<V, T>
    {
        V s0 = default, s1 = default, s2 = default, s3 = default;
        var i = 0;
        for (; i + 4 * V.Count <= count; i += 4 * V.Count)
        {
            s0 = V.MulAdd(Load<T, V>(x + i), Load<T, V>(y + i), s0);
            s1 = V.MulAdd(Load<T, V>(x + i + V.Count), Load<T, V>(y + i + V.Count), s1);
            s2 = V.MulAdd(Load<T, V>(x + i + 2 * V.Count), Load<T, V>(y + i + 2 * V.Count), s2);
            s3 = V.MulAdd(Load<T, V>(x + i + 3 * V.Count), Load<T, V>(y + i + 3 * V.Count), s3);
        }
        for (; i + V.Count <= count; i += V.Count) s0 = V.MulAdd(Load<T, V>(x + i), Load<T, V>(y + i), s0);
        if (i < count)
        {
            var left = count - i;
            s1 = V.MulAdd(V.LoadPart(new(x + i, left), 0, left, default), V.LoadPart(new(y + i, left), 0, left, default), s1);
        }
        return V.Sum(s0 + s1 + (s2 + s3));
    }
}
