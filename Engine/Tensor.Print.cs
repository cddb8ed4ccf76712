using System.Globalization;
using System.Text;

namespace NanoAttention;

public sealed partial class Tensor
{
    const int shownAtEnds = 3, shownInFull = 1000;

    /// <summary>
    /// The numbers in brackets as they nest, in columns, long axes cut in the middle, then shape and type:
    /// <code>[[1.0, 2.5],
    ///  [0.0, 4.0]]  (2, 2) F32</code>
    /// </summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        var values = Detach().ToDoubles();
        bool cut = Count > shownInFull;
        var format = Format(values, cut);
        int width = 0;
        ForEachShown(0, 0, i => width = Math.Max(width, format(values[i]).Length));
        Write(0, 0);
        text.Append("  ").Append(Shape).Append(' ').Append(DType);
        if (Device is not CpuDevice) text.Append(" on ").Append(Device.Name);
        if (Source is { } source) text.Append(source.Leaf is null ? $", from {source.Op}" : ", requires grad");
        return text.ToString();

        void Write(int axis, int start)
        {
            if (axis == Rank)
            {
                text.Append(format(values[start]).PadLeft(Rank == 0 ? 0 : width));
                return;
            }
            int size = Shape[axis], step = Shape[(axis + 1)..].Count;
            text.Append('[');
            for (int i = 0; i < size; i++)
            {
                if (i > 0) text.Append(axis == Rank - 1 ? ", " : "," + new string('\n', Rank - 1 - axis) + new string(' ', axis + 1));
                if (cut && i == shownAtEnds && size > 2 * shownAtEnds)
                {
                    text.Append('…');
                    i = size - shownAtEnds - 1;
                    continue;
                }
                Write(axis + 1, start + i * step);
            }
            text.Append(']');
        }

        void ForEachShown(int axis, int start, Action<int> act)
        {
            if (axis == Rank) { act(start); return; }
            int size = Shape[axis], step = Shape[(axis + 1)..].Count;
            for (int i = 0; i < size; i++)
            {
                if (cut && i == shownAtEnds && size > 2 * shownAtEnds) i = size - shownAtEnds;
                ForEachShown(axis + 1, start + i * step, act);
            }
        }
    }

    // Four digits behind the point where the sizes allow it, else scientific notation.
    Func<double, string> Format(double[] values, bool cut)
    {
        var inv = CultureInfo.InvariantCulture;
        if (DType == DType.Bool) return v => v != 0 ? "true" : "false";
        if (DType == DType.I32) return v => v.ToString("0", inv);
        double largest = 0, smallest = double.MaxValue;
        bool whole = true;
        foreach (double v in values)
        {
            if (!double.IsFinite(v)) continue;
            largest = Math.Max(largest, Math.Abs(v));
            if (v != 0) smallest = Math.Min(smallest, Math.Abs(v));
            whole &= v == Math.Floor(v);
        }
        string pattern = largest >= 1e6 || largest > 0 && largest < 1e-3 || smallest < 1e-4 && largest > 0 && largest / smallest > 1e6 ? "0.0000e+00" : whole ? "0.0" : "0.0000";
        return v => double.IsNaN(v) ? "NaN" : double.IsInfinity(v) ? v > 0 ? "∞" : "−∞" : v.ToString(pattern, inv);
    }
}
