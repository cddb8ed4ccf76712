using System.Runtime.CompilerServices;
using ILGPU;
using ILGPU.Util;

namespace NanoAttention.Kernels.Gpu;

/// <summary>The sizes of a group of attention's threads and its tiles, as constants that the compiler sees.</summary>
public interface IAttentionTile
{
    /// <summary>The group is so many threads wide, and half as many high; its tiles are four times as many numbers square.</summary>
    static abstract int Side { get; }

    /// <summary>How many numbers of each row are in shared memory at once, at most 32.</summary>
    static abstract int Depth { get; }
}

/// <summary>64 × 64 scores, by 128 threads.</summary>
public readonly struct AttentionTile64 : IAttentionTile
{
    public static int Side => 16;
    public static int Depth => 32;
}

/// <summary>8 × 8 scores, by two threads: what the simulator can bear, for which waiting costs most.</summary>
public readonly struct AttentionTile8 : IAttentionTile
{
    public static int Side => 2;
    public static int Depth => 32;
}

/// <summary>Eight numbers of a thread, in registers.</summary>
public readonly struct F8(float a, float b, float c, float d, float e, float f, float g, float h)
{
    readonly float a = a, b = b, c = c, d = d, e = e, f = f, g = g, h = h;

    public F8(float x) : this(x, x, x, x, x, x, x, x) { }
    public F8(F4 low, F4 high) : this(low.X, low.Y, low.Z, low.W, high.X, high.Y, high.Z, high.W) { }

    public F4 Low => new(a, b, c, d);
    public F4 High => new(e, f, g, h);

    public static F8 operator +(F8 x, F8 y) => new(x.a + y.a, x.b + y.b, x.c + y.c, x.d + y.d, x.e + y.e, x.f + y.f, x.g + y.g, x.h + y.h);
    public static F8 operator -(F8 x, F8 y) => new(x.a - y.a, x.b - y.b, x.c - y.c, x.d - y.d, x.e - y.e, x.f - y.f, x.g - y.g, x.h - y.h);
    public static F8 operator *(F8 x, F8 y) => new(x.a * y.a, x.b * y.b, x.c * y.c, x.d * y.d, x.e * y.e, x.f * y.f, x.g * y.g, x.h * y.h);

    /// <summary>This + s v.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public F8 Plus(float s, F8 v) =>
        new(a + s * v.a, b + s * v.b, c + s * v.c, d + s * v.d, e + s * v.e, f + s * v.f, g + s * v.g, h + s * v.h);

    public static F8 Max(F8 x, F8 y) => new(MathF.Max(x.a, y.a), MathF.Max(x.b, y.b), MathF.Max(x.c, y.c), MathF.Max(x.d, y.d),
        MathF.Max(x.e, y.e), MathF.Max(x.f, y.f), MathF.Max(x.g, y.g), MathF.Max(x.h, y.h));

    /// <inheritdoc cref="FloatMath.ExpNormal"/>
    public F8 Exp() => new(FloatMath.ExpNormal(a), FloatMath.ExpNormal(b), FloatMath.ExpNormal(c), FloatMath.ExpNormal(d),
        FloatMath.ExpNormal(e), FloatMath.ExpNormal(f), FloatMath.ExpNormal(g), FloatMath.ExpNormal(h));

    /// <summary>
    /// What scores are taken down by: these, the largest of them or their log-sum-exp, but 0 for −∞, where all are −∞ and shall weigh 0.
    /// </summary>
    public F8 Shift() => new(Shift(a), Shift(b), Shift(c), Shift(d), Shift(e), Shift(f), Shift(g), Shift(h));

    static float Shift(float top) => Utilities.Select(top == float.NegativeInfinity, 0, top);

    /// <summary>1/x, or 0 for 0.</summary>
    public F8 Inverse() => new(Inverse(a), Inverse(b), Inverse(c), Inverse(d), Inverse(e), Inverse(f), Inverse(g), Inverse(h));

    static float Inverse(float x) => Utilities.Select(x == 0, 0, 1 / x);

    public float At(int i) => i < 4 ? i < 2 ? i == 0 ? a : b : i == 2 ? c : d : i < 6 ? i == 4 ? e : f : i == 6 ? g : h;

    public F8 With(int i, float x) => new(
        Utilities.Select(i == 0, x, a), Utilities.Select(i == 1, x, b), Utilities.Select(i == 2, x, c), Utilities.Select(i == 3, x, d),
        Utilities.Select(i == 4, x, e), Utilities.Select(i == 5, x, f), Utilities.Select(i == 6, x, g), Utilities.Select(i == 7, x, h));
}

/// <summary>What a thread has of a tile: four columns of eight numbers.</summary>
public readonly struct Tile(F8 x, F8 y, F8 z, F8 w)
{
    public readonly F8 X = x, Y = y, Z = z, W = w;

    /// <summary>This + u vᵀ.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Tile Plus(F8 u, F4 v) => new(X.Plus(v.X, u), Y.Plus(v.Y, u), Z.Plus(v.Z, u), W.Plus(v.W, u));

    public static Tile operator *(Tile t, Tile u) => new(t.X * u.X, t.Y * u.Y, t.Z * u.Z, t.W * u.W);

    /// <summary>Every column times u.</summary>
    public static Tile operator *(Tile t, F8 u) => new(t.X * u, t.Y * u, t.Z * u, t.W * u);

    /// <summary>Every column less u.</summary>
    public static Tile operator -(Tile t, F8 u) => new(t.X - u, t.Y - u, t.Z - u, t.W - u);

    /// <summary>Every row less u.</summary>
    public static Tile operator -(Tile t, F4 u) => new(t.X - new F8(u.X), t.Y - new F8(u.Y), t.Z - new F8(u.Z), t.W - new F8(u.W));

    public Tile Exp() => new(X.Exp(), Y.Exp(), Z.Exp(), W.Exp());

    /// <summary>The sum of each row.</summary>
    public F8 Sum() => X + Y + (Z + W);

    /// <summary>The largest number of each row.</summary>
    public F8 Max() => F8.Max(F8.Max(X, Y), F8.Max(Z, W));

    public F4 Row(int i) => new(X.At(i), Y.At(i), Z.At(i), W.At(i));
    public Tile WithRow(int i, F4 row) => new(X.With(i, row.X), Y.With(i, row.Y), Z.With(i, row.Z), W.With(i, row.W));

    public F8 Column(int i) => i < 2 ? i == 0 ? X : Y : i == 2 ? Z : W;
    public Tile WithColumn(int i, F8 column) =>
        i < 2 ? i == 0 ? new(column, Y, Z, W) : new(X, column, Z, W) : i == 2 ? new(X, Y, column, W) : new(X, Y, Z, column);
}

/// <summary>
/// What the kernels share: products of tiles by way of shared memory. The thread at (x, y) of its group has rows 8y to 8y + 7 and columns
/// 4x to 4x + 3.
/// </summary>
public static partial class Attention
{
    // Shared memory, in fours, for the largest tile: an operand's slice, and a tile of weights.
    const int MaxSlice = 2 * 16 * (16 + 1), MaxWeights = 16 * (4 * 16 + 1), MaxThreads = 16 * 8;

    // Where a thread is: threads 2i and 2i + 1 lie below each other, and such pairs beside each other. So of the 16 bytes that each thread
    // of a warp loads from shared memory, those for its rows are the next thread's but one as well, and those for its columns the next's:
    // such a load takes two cycles, where others take four (NVIDIA's developer forum, "Unexpected shared memory bank conflict", 77228).
    static int X => Group.IdxY;
    static int Y => Group.IdxX + Group.DimX * Group.IdxZ;

    // The rows or columns of a tile; from one of a slice's numbers of a row to the next, in fours: one more than there are rows, so that
    // neighbours lie in different banks.
    static int Size<S>() where S : struct, IAttentionTile => 4 * S.Side;
    static int Pitch<S>() where S : struct, IAttentionTile => S.Side + 1;

    /// <summary>a bᵀ, of a tile's rows of either from <paramref name="row"/> and <paramref name="column"/> on.</summary>
    static Tile Product<S>(Head a, int row, Head b, int column, ArrayView<F4> sliceA, ArrayView<F4> sliceB) where S : struct, IAttentionTile
    {
        Tile sum = default;
        for (int start = 0; start < a.Width; start += S.Depth)
        {
            for (int k = 4 * Y; k < S.Depth; k += 2 * S.Side)                   // once, but for the simulator
            {
                Rows4 u = a.Four(row + X, S.Side, start + k), v = b.Four(column + X, S.Side, start + k);
                Transpose<S>(u, k, sliceA);
                Transpose<S>(v, k, sliceB);
            }
            Group.Barrier();
            int depth = Math.Min(S.Depth, a.Width - start);
            for (int k = 0; k < depth; k += 2)                                  // ILGPU leaves loops as they are
            {
                ArrayView<F4> u = sliceA.SubView(k * Pitch<S>() + 2 * Y), v = sliceB.SubView(k * Pitch<S>() + X);
                sum = sum.Plus(new(u[0], u[1]), v[0]).Plus(new(u[Pitch<S>()], u[Pitch<S>() + 1]), v[Pitch<S>()]);
            }
            Group.Barrier();
        }
        return sum;
    }

    // Rows become columns: numbers k to k + 3 of four rows. Half of a warp has 16 rows each, its other half their next four numbers: that
    // reads whole sectors of 32 bytes, and writes to 32 banks.
    static void Transpose<S>(Rows4 rows, int k, ArrayView<F4> slice) where S : struct, IAttentionTile
    {
        var to = slice.Cast<float>().SubView(4 * k * Pitch<S>() + X);
        Transpose<S>(rows.A, to);
        Transpose<S>(rows.B, to.SubView(S.Side));
        Transpose<S>(rows.C, to.SubView(2 * S.Side));
        Transpose<S>(rows.D, to.SubView(3 * S.Side));
    }

    static void Transpose<S>(F4 row, ArrayView<float> to) where S : struct, IAttentionTile
    {
        to[0] = row.X;
        to[4 * Pitch<S>()] = row.Y;
        to[8 * Pitch<S>()] = row.Z;
        to[12 * Pitch<S>()] = row.W;
    }

    /// <summary>
    /// Shows the group a tile, for <see cref="Sum{S}"/>. After every four columns a place stays free, so that neighbours write to different
    /// banks.
    /// </summary>
    static void Show<S>(Tile tile, ArrayView<F4> weights) where S : struct, IAttentionTile
    {
        var to = Own<S>(weights);
        Put(tile.X, to);
        Put(tile.Y, to.SubView(S.Side));
        Put(tile.Z, to.SubView(2 * S.Side));
        Put(tile.W, to.SubView(3 * S.Side));
    }

    static void Put(F8 x, ArrayView<F4> to)
    {
        to[0] = x.Low;
        to[1] = x.High;
    }

    // Where the thread's four columns lie, S.Side apart.
    static ArrayView<F4> Own<S>(ArrayView<F4> weights) where S : struct, IAttentionTile =>
        weights.SubView((4 * S.Side + 1) * X + 2 * Y);

    /// <summary>What the thread itself has shown: shared memory keeps it while registers are scarce.</summary>
    static Tile Recall<S>(ArrayView<F4> weights) where S : struct, IAttentionTile
    {
        var from = Own<S>(weights);
        return new(new(from[0], from[1]), new(from[S.Side], from[S.Side + 1]),
            new(from[2 * S.Side], from[2 * S.Side + 1]), new(from[3 * S.Side], from[3 * S.Side + 1]));
    }

    /// <summary>
    /// sum + weights x, where the tile's columns are rows of x from <paramref name="row"/> on; a tile's width of x's columns from
    /// <paramref name="column"/> on.
    /// </summary>
    static Tile Sum<S>(Tile sum, ArrayView<F4> weights, Head x, int row, int column, ArrayView<F4> slice) where S : struct, IAttentionTile
    {
        int depth = Math.Min(S.Depth, Size<S>());
        for (int start = 0; start < Size<S>() && row + start < x.Rows; start += depth)
        {
            for (int i = Y; i < depth; i += 2 * S.Side)                         // once, but for the simulator
            {
                var rows = x.Four(row + start + i, S.Side / 2, column + 4 * X);
                var to = slice.SubView(i * Pitch<S>() + X);
                to[0] = rows.A;
                to[S.Side / 2 * Pitch<S>()] = rows.B;
                to[S.Side * Pitch<S>()] = rows.C;
                to[3 * S.Side / 2 * Pitch<S>()] = rows.D;
            }
            Group.Barrier();
            int count = Math.Min(depth, x.Rows - row - start);
            for (int k = 0; k < count; k += 2)
            {
                int at = start + k;
                ArrayView<F4> u = weights.SubView(at * S.Side + (at >> 2) + 2 * Y), v = slice.SubView(k * Pitch<S>() + X);
                sum = sum.Plus(new(u[0], u[1]), v[0]).Plus(new(u[S.Side], u[S.Side + 1]), v[Pitch<S>()]);
            }
            Group.Barrier();
        }
        return sum;
    }

    /// <summary>For each row the largest or the sum of what the threads have that share it.</summary>
    static F8 Fold<S>(F8 mine, bool largest, ArrayView<F4> shared) where S : struct, IAttentionTile
    {
        var row = shared.SubView(2 * Y);
        Put(mine, row.SubView(X * Pitch<S>()));
        Group.Barrier();
        F8 fold = new(row[0], row[1]);
        for (int i = 1; i < S.Side; i++)
        {
            F8 other = new(row[i * Pitch<S>()], row[i * Pitch<S>() + 1]);
            fold = largest ? F8.Max(fold, other) : fold + other;
        }
        return fold;
    }

    /// <summary>How many blocks so many queries or keys are cut into.</summary>
    public static int Blocks<S>(int rows) where S : struct, IAttentionTile => (rows + Size<S>() - 1) / Size<S>();

    /// <summary>How many slices rows so wide are cut into.</summary>
    public static int Slices<S>(int width) where S : struct, IAttentionTile => Math.Max(1, Blocks<S>(width));
}
