using System.Runtime.CompilerServices;

namespace NanoAttention.Kernels.Gpu;

/// <summary>The tile of C that a group of <see cref="MatMul.Registers"/> takes, as constants that the compiler sees.</summary>
public interface ITile
{
    /// <summary>The group is so many threads square.</summary>
    static abstract int Side { get; }

    /// <summary>How many blocks of 4 × 4 numbers a thread has along either axis: 1 or 2.</summary>
    static abstract int Blocks { get; }

    /// <summary>How many columns of A and rows of B are in shared memory at once, a multiple of 4.</summary>
    static abstract int Depth { get; }

    /// <summary>Whether operands are rounded to TF32.</summary>
    static abstract bool IsRounded { get; }

    /// <summary>Whether operands are loaded by fours, all of which begin at a multiple of 16 bytes and are whole.</summary>
    static abstract bool IsWide { get; }
}

/// <summary>128 × 128 numbers, 8 × 8 a thread: for large products; 64 numbers read from shared memory serve 256 multiplications.</summary>
public readonly struct Tile128 : ITile
{
    public static int Side => 16;
    public static int Blocks => 2;
    public static int Depth => 8;
    public static bool IsRounded => false;
    public static bool IsWide => true;
}

/// <summary>64 × 64 numbers, 4 × 4 a thread: where tiles of 128 would be too few for all multiprocessors.</summary>
public readonly struct Tile64 : ITile
{
    public static int Side => 16;
    public static int Blocks => 1;
    public static int Depth => 16;
    public static bool IsRounded => false;
    public static bool IsWide => true;
}

/// <summary>32 × 32 numbers by 64 threads: for small and for narrow products.</summary>
public readonly struct Tile32 : ITile
{
    public static int Side => 8;
    public static int Blocks => 1;
    public static int Depth => 8;
    public static bool IsRounded => false;
    public static bool IsWide => true;
}

/// <summary>8 × 8 numbers by four threads: what the simulator can bear.</summary>
public readonly struct Tile8 : ITile
{
    public static int Side => 2;
    public static int Blocks => 1;
    public static int Depth => 4;
    public static bool IsRounded => false;
    public static bool IsWide => true;
}

/// <summary>A tile for operands that are loaded number by number.</summary>
public readonly struct Scattered<T> : ITile where T : struct, ITile
{
    public static int Side => T.Side;
    public static int Blocks => T.Blocks;
    public static int Depth => T.Depth;
    public static bool IsRounded => T.IsRounded;
    public static bool IsWide => false;
}

/// <summary>Four neighbouring floats, which a thread loads and stores at once.</summary>
public readonly struct F4(float x, float y, float z, float w)
{
    public readonly float X = x, Y = y, Z = z, W = w;

    public static F4 operator +(F4 a, F4 b) => new(a.X + b.X, a.Y + b.Y, a.Z + b.Z, a.W + b.W);

    /// <summary>This + s v.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public F4 Plus(float s, F4 v) => new(X + s * v.X, Y + s * v.Y, Z + s * v.Z, W + s * v.W);
}

/// <summary>4 × 4 sums, each with a name of its own: registers have no index.</summary>
public readonly struct Block(F4 row0, F4 row1, F4 row2, F4 row3)
{
    public readonly F4 Row0 = row0, Row1 = row1, Row2 = row2, Row3 = row3;

    /// <summary>This + u vᵀ.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Block Plus(F4 u, F4 v) => new(Row0.Plus(u.X, v), Row1.Plus(u.Y, v), Row2.Plus(u.Z, v), Row3.Plus(u.W, v));

    public F4 Row(int i) => i == 0 ? Row0 : i == 1 ? Row1 : i == 2 ? Row2 : Row3;
}
