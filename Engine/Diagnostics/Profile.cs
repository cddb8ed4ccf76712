using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace NanoAttention;

/// <summary>What one operation cost.</summary>
/// <param name="Op">Its name; with ′ for its backward pass, whatever operations that is made of.</param>
/// <param name="Calls">How often it ran.</param>
/// <param name="Time">From the end of what came before it to its end.</param>
/// <param name="Bytes">What it had to read and write: its inputs and its result; 0 where the result is a view of an input.</param>
/// <param name="Operations">Floating-point operations of products, 2 m n k each; 0 for other operations, which memory limits.</param>
public sealed record ProfileRow(string Op, int Calls, TimeSpan Time, long Bytes, double Operations);

/// <summary>
/// <c>using (var profile = Profile.Begin()) { step(); Console.WriteLine(profile); }</c>: where the time of this thread goes, by operation. An operation
/// that is made of others counts what they leave over. What the caller does between two operations counts for the later one. On a GPU
/// it waits for every operation, so that the times are true, and their sum longer than without.
/// </summary>
public sealed class Profile : IObserver<Tensor>, IDisposable
{
    readonly Dictionary<string, ProfileRow> rows = [];
    readonly IDisposable watching;
    long last = Stopwatch.GetTimestamp(), inside;       // bytes, and operations, of what a pullback is made of
    double operationsInside;

    Profile() => watching = Reverse.Observe(this);

    /// <summary>Looks at this thread's operations from now on until it is disposed.</summary>
    public static Profile Begin() => new();

    /// <summary>The operations so far, the costliest first.</summary>
    public IReadOnlyList<ProfileRow> Rows => [.. rows.Values.OrderByDescending(row => row.Time)];

    public void Dispose() => watching.Dispose();

    void IObserver<Tensor>.Computed(string op, ReadOnlySpan<Tensor> inputs, Tensor y)
    {
        long bytes = Moved(inputs, y);
        double operations = op switch
        {
            "MatMul" or "Linear" when inputs.Length > 0 && inputs[0].Rank > 0 => 2.0 * y.Count * inputs[0].Shape[^1],
            "Conv" => 2.0 * y.Count * inputs[1].Shape[1..].Count,
            "ConvTranspose" => 2.0 * inputs[0].Count * inputs[1].Shape[1..].Count,
            "ConvWeights" => 2.0 * inputs[1].Count * y.Shape[1..].Count,
            _ => 0,
        };
        if (Reverse.Pulling.Op is null)
        {
            Add(op, y, bytes, operations);
            (inside, operationsInside) = (0, 0);
        }
        else (inside, operationsInside) = (inside + bytes, operationsInside + operations);
    }

    void IObserver<Tensor>.Pulled(string op, Tensor dy, Tensor dx)
    {
        Add(op + "′", dx, inside > 0 ? inside : Moved([dy], dx), operationsInside);
        (inside, operationsInside) = (0, 0);
    }

    void Add(string op, Tensor y, long bytes, double operations)
    {
        y.Device.Synchronize();
        long now = Stopwatch.GetTimestamp();
        var row = rows.GetValueOrDefault(op) ?? new(op, 0, default, 0, 0);
        rows[op] = row with
        {
            Calls = row.Calls + 1,
            Time = row.Time + Stopwatch.GetElapsedTime(last, now),
            Bytes = row.Bytes + bytes,
            Operations = row.Operations + operations,
        };
        last = Stopwatch.GetTimestamp();
    }

    // A view moves nothing.
    static long Moved(ReadOnlySpan<Tensor> inputs, Tensor y)
    {
        long bytes = Size(y);
        foreach (var x in inputs)
        {
            if (x.Storage == y.Storage) return 0;
            bytes += Size(x);
        }
        return bytes;

        static long Size(Tensor x) => (long)x.Count * x.DType.Size;
    }

    /// <summary>The table: operation, calls, milliseconds, share of the time, megabytes, and what it reached in GB/s and GFLOP/s.</summary>
    public override string ToString()
    {
        double total = Math.Max(1e-9, rows.Values.Sum(row => row.Time.TotalSeconds));
        var text = new StringBuilder();
        Line("operation", "calls", "ms", "%", "MB", "GB/s", "GFLOP/s");
        foreach (var row in Rows)
        {
            double seconds = Math.Max(1e-9, row.Time.TotalSeconds);
            Line(row.Op, $"{row.Calls}", Number(1e3 * seconds), Number(100 * seconds / total), OrNothing(row.Bytes / 1e6),
                OrNothing(row.Bytes / 1e9 / seconds), OrNothing(row.Operations / 1e9 / seconds));
        }
        return text.ToString();

        void Line(string op, params ReadOnlySpan<string> cells)
        {
            text.Append($"{op,-24}");
            foreach (string cell in cells) text.Append($"{cell,10}");
            text.AppendLine();
        }
    }

    static string OrNothing(double x) => x > 0 ? Number(x) : "";

    static string Number(double x) => x.ToString(x >= 100 ? "0" : x >= 1 ? "0.0" : "0.000", CultureInfo.InvariantCulture);
}
