namespace NanoAttention.Kernels.Gpu;

/// <summary>A <see cref="Layout"/> as GPU kernels take it: where element i of the output lies in each of up to three inputs.</summary>
public readonly struct Steps(Layout layout)
{
    // axes from the last to the first
    readonly Axis axis0 = new(layout, 0), axis1 = new(layout, 1), axis2 = new(layout, 2), axis3 = new(layout, 3),
        axis4 = new(layout, 4), axis5 = new(layout, 5), axis6 = new(layout, 6), axis7 = new(layout, 7);
    readonly int rank = layout.Rank;

    /// <summary>Where element i of the output lies in a, b and c.</summary>
    public Place At(int i)
    {
        if (rank <= 1) return new(0, i * axis0.A, i * axis0.B, i * axis0.C);
        var place = new Place(i, 0, 0, 0).Along(axis0).Along(axis1);
        if (rank > 2) place = place.Along(axis2);
        if (rank > 3) place = place.Along(axis3);
        if (rank > 4) place = place.Along(axis4);
        if (rank > 5) place = place.Along(axis5);
        if (rank > 6) place = place.Along(axis6);
        if (rank > 7) place = place.Along(axis7);
        return place;
    }
}

/// <summary>An axis of a layout: its size, and how far a step along it goes in each input.</summary>
public readonly struct Axis(Layout layout, int fromLast)
{
    public readonly int
        Size = fromLast < layout.Rank ? layout.Sizes[layout.Rank - 1 - fromLast] : 1,
        A = fromLast < layout.Rank ? layout.A[layout.Rank - 1 - fromLast] : 0,
        B = fromLast < layout.Rank ? layout.B[layout.Rank - 1 - fromLast] : 0,
        C = fromLast < layout.Rank ? layout.C[layout.Rank - 1 - fromLast] : 0;
}

/// <summary>A place in three inputs, and what is left of the index to be split along further axes.</summary>
public readonly struct Place(int rest, int a, int b, int c)
{
    public readonly int A = a, B = b, C = c;
    readonly int rest = rest;

    internal Place Along(Axis axis)
    {
        int next = rest / axis.Size, index = rest - next * axis.Size;
        return new(next, A + index * axis.A, B + index * axis.B, C + index * axis.C);
    }
}
