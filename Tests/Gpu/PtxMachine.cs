using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Xunit;

namespace NanoAttention.Tests;

/// <summary>
/// Runs a group of a kernel's threads from its PTX, instruction by instruction, by what NVIDIA's PTX ISA says of each: so that inline PTX,
/// which no simulator of ILGPU's knows, is run by tests on any machine. Only the instructions that such kernels have; addresses must be
/// in range and aligned. Threads run in turn up to what they do together: a barrier, or an instruction of a whole warp.
/// </summary>
sealed partial class PtxMachine
{
    readonly List<(Instruction Run, bool IsJoint, bool IsBarrier)> code = [];
    readonly Dictionary<string, int> registers = [], labels = [];
    readonly List<(string Name, byte[] Bytes)> parameters = [];
    readonly Dictionary<string, ulong> arrays = [];     // where each begins in shared memory
    readonly byte[] shared = new byte[48 * 1024];
    readonly bool isLate;

    /// <summary>The memory of the GPU, from address 0 on.</summary>
    public byte[] Memory { get; } = new byte[1 << 20];

    /// <summary>Of a warp's loads of 16 bytes from shared memory, how many there were.</summary>
    public int Loads { get; private set; }

    /// <summary>How many took two cycles, not four: each thread's number was also that of the next, or of the next but one.</summary>
    public int PairedLoads { get; private set; }

    /// <summary>How many took longer, where of eight threads some wanted other numbers from the same bank.</summary>
    public int ConflictingLoads { get; private set; }

    // One thread, or of a joint instruction the threads of a warp.
    delegate void Instruction(Thread thread, Thread[] warp);

    sealed class Thread(int index, (int X, int Y, int Z) size, int group, int groups, int count)
    {
        public readonly int Index = index, X = index % size.X, Y = index / size.X % size.Y, Z = index / size.X / size.Y, Across = size.X;
        public readonly int Group = group, Groups = groups;
        public readonly ulong[] R = new ulong[count];
        public readonly List<Action> Copies = [];       // asynchronous ones that are not yet awaited
        public readonly List<int> Ends = [];            // how many there were at each commit
        public readonly List<int> Loads = [];           // the addresses of those of 16 bytes from shared memory
        public int Next;
    }

    /// <param name="isLate">Whether asynchronous copies are done when they are awaited, not when they begin: both may happen.</param>
    public PtxMachine(string ptx, object[] arguments, bool isLate)
    {
        this.isLate = isLate;
        var (head, body) = (ptx[..ptx.IndexOf("\n{")], ptx[ptx.IndexOf("\n{")..]);
        foreach (Match match in Parameter().Matches(head)) parameters.Add((match.Groups[1].Value, Bytes(arguments[parameters.Count])));
        Assert.Equal(arguments.Length, parameters.Count);
        ulong end = 0;
        foreach (Match match in SharedArray().Matches(body))
        {
            arrays.Add(match.Groups[1].Value, end);
            end += ulong.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture);
        }
        foreach (string statement in body.Trim(' ', '\n', '{', '}').Split(';', StringSplitOptions.TrimEntries))
        {
            string text = statement;
            for (; Label().Match(text) is { Success: true } label; text = text[label.Length..].Trim())
                labels.Add(label.Groups[1].Value, code.Count);
            if (text.Length > 0 && text[0] != '.') code.Add(Parse(text));
        }
    }

    static byte[] Bytes(object argument) => argument as byte[] ?? BitConverter.GetBytes((long)argument);

    /// <summary>Runs one of several groups of so many threads.</summary>
    public void Run(int group, int groups, int x, int y = 1, int z = 1)
    {
        Thread[][] warps =
            [.. Enumerable.Range(0, x * y * z).Select(i => new Thread(i, (x, y, z), group, groups, registers.Count)).Chunk(32)];
        while (true)
        {
            foreach (var warp in warps) RunToBarrier(warp);
            if (warps.All(warp => warp.All(t => t.Next >= code.Count))) break;
            int barrier = warps[0][0].Next;
            foreach (var t in warps.SelectMany(warp => warp)) Assert.Equal(barrier, t.Next++);
        }
        foreach (var warp in warps)
            for (int i = 0; i < warp[0].Loads.Count; i++)
            {
                Loads++;
                if (new[] { 1, 2 }.Any(apart => warp.All(t => t.Loads[i] == warp[t.Index % 32 ^ apart].Loads[i]))) PairedLoads++;
                if (warp.Chunk(8).Any(eight => eight.Select(t => t.Loads[i]).Distinct().GroupBy(at => at % 128).Any(bank => bank.Count() > 1)))
                    ConflictingLoads++;
            }
    }

    void RunToBarrier(Thread[] warp)
    {
        while (true)
        {
            foreach (var t in warp)
                while (t.Next < code.Count && !code[t.Next].IsJoint) code[t.Next++].Run(t, warp);
            if (warp[0].Next >= code.Count || code[warp[0].Next].IsBarrier) return;
            int next = warp[0].Next;
            Assert.All(warp, t => Assert.Equal(next, t.Next));
            code[next].Run(warp[0], warp);
            foreach (var t in warp) t.Next++;
        }
    }

    (Instruction, bool, bool) Parse(string text)
    {
        var guard = Guard().Match(text);
        string[] words = text[guard.Length..].Split([' ', '\t', '\n'], 2, StringSplitOptions.TrimEntries);
        string op = words[0];
        string[] operands = words.Length == 1 ? [] : [.. Operand().Matches(words[1]).Select(match => match.Value.Trim())];
        bool isBarrier = op == "bar.sync", isJoint = isBarrier || op.StartsWith("mma.") || op.StartsWith("ldmatrix.");
        Instruction run = isBarrier ? (_, _) => { } : Act(op, operands);
        if (!guard.Success) return (run, isJoint, isBarrier);
        int condition = Register(guard.Groups[2].Value);
        bool wanted = guard.Groups[1].Value == "";
        return ((t, warp) => { if (t.R[condition] != 0 == wanted) run(t, warp); }, false, false);
    }

    Instruction Act(string op, string[] x)
    {
        string kind = op.Split('.')[0], type = op[(op.LastIndexOf('.') + 1)..];
        if (kind == "ret") return (t, _) => t.Next = code.Count;
        if (kind == "bra") return (t, _) => t.Next = labels[x[0]];
        if (kind is "ld" or "st") return Move(op, x);
        if (kind == "cp") return Copy(op, x);
        if (kind == "ldmatrix") return LoadMatrices(x);
        if (kind == "mma") return Multiply([.. x.Select(Registers)]);
        int to = Register(x[0]);
        var sources = x[1..].Select(Source).ToArray();
        Func<ulong, ulong, ulong, ulong> f = Arithmetic(op, kind, type);
        return (t, _) => t.R[to] = f(sources[0](t), sources.Length > 1 ? sources[1](t) : 0, sources.Length > 2 ? sources[2](t) : 0);
    }

    static Func<ulong, ulong, ulong, ulong> Arithmetic(string op, string kind, string type)
    {
        static float F(ulong x) => BitConverter.UInt32BitsToSingle((uint)x);
        static ulong Of(float x) => float.IsNaN(x) ? 0x7fffffff : BitConverter.SingleToUInt32Bits(x);      // NaN has these bits alone
        if (kind is "mov" or "cvta") return (a, _, _) => a;
        if (kind == "selp") return (a, b, p) => p != 0 ? a : b;
        if (op == "cvt.rna.tf32.f32") return (a, _, _) => a + 0x1000 & 0xffffe000;
        if (kind == "setp")
        {
            string relation = op.Split('.')[1];
            return type switch
            {
                "f32" => (a, b, _) => Holds(relation, F(a) < F(b), F(a) == F(b), F(a) > F(b)),
                "s64" => (a, b, _) => Holds(relation, (long)a < (long)b, a == b, (long)a > (long)b),
                "u32" => (a, b, _) => Holds(relation, (uint)a < (uint)b, (uint)a == (uint)b, (uint)a > (uint)b),
                "s32" => (a, b, _) => Holds(relation, (int)a < (int)b, (int)a == (int)b, (int)a > (int)b),
                _ => throw new NotSupportedException(op),
            };
        }
        if (kind == "cvt")
            return op switch
            {
                "cvt.s64.s32" => (a, _, _) => (ulong)(int)a,
                "cvt.s32.s64" or "cvt.u32.u64" or "cvt.u64.u32" => (a, _, _) => (uint)a,
                "cvt.s32.u8" => (a, _, _) => (byte)a,
                "cvt.rn.f32.s32" => (a, _, _) => Of((int)a),
                _ => throw new NotSupportedException(op),
            };
        if (op == "mul.wide.u32") return (a, b, _) => (uint)a * (ulong)(uint)b;
        if (type == "pred") return kind == "and" ? (a, b, _) => a & b : (a, b, _) => a | b;
        if (type == "f32")
            return kind switch
            {
                "add" => (a, b, _) => Of(F(a) + F(b)),
                "sub" => (a, b, _) => Of(F(a) - F(b)),
                "mul" => (a, b, _) => Of(F(a) * F(b)),
                "rcp" => (a, _, _) => Of(1 / F(a)),
                "max" => (a, b, _) => Of(float.MaxNumber(F(a), F(b))),      // of a number and NaN the number
                _ => throw new NotSupportedException(op),
            };
        if (type[1..] == "64")
            return kind switch
            {
                "add" => (a, b, _) => a + b,
                "mul" => (a, b, _) => a * b,
                "mad" => (a, b, c) => a * b + c,
                "and" => (a, b, _) => a & b,
                "shl" => (a, b, _) => a << (int)b,
                "shr" when type == "u64" => (a, b, _) => a >> (int)b,
                _ => throw new NotSupportedException(op),
            };
        Func<int, int, int> f = kind switch
        {
            "add" => (a, b) => a + b,
            "sub" => (a, b) => a - b,
            "mul" => (a, b) => a * b,
            "div" => (a, b) => a / b,
            "rem" => (a, b) => a % b,
            "min" => Math.Min,
            "max" => Math.Max,
            "shl" => (a, b) => a << b,
            "shr" when type == "u32" => (a, b) => a >>> b,
            "shr" => (a, b) => a >> b,
            "and" => (a, b) => a & b,
            "or" => (a, b) => a | b,
            "xor" => (a, b) => a ^ b,
            _ => throw new NotSupportedException(op),
        };
        return (a, b, _) => (uint)f((int)a, (int)b);
    }

    static ulong Holds(string relation, bool less, bool equal, bool more) => relation switch
    {
        "lt" => less,
        "le" => less | equal,
        "gt" or "hi" => more,
        "ge" => more | equal,
        "eq" => equal,
        "ne" => !equal,
        _ => throw new NotSupportedException(relation),
    } ? 1ul : 0;

    Instruction Move(string op, string[] x)
    {
        bool isLoad = op.StartsWith("ld.");
        var address = Address(x[isLoad ? 1 : 0]);
        int[] values = Registers(x[isLoad ? 0 : 1]);
        int size = op.EndsWith("64") ? 8 : op.EndsWith(".b8") ? 1 : 4;
        byte[] memory = op.Contains(".shared") ? shared
            : op.Contains(".global") ? Memory
            : parameters.Single(p => x[1].Contains(p.Name)).Bytes;
        return (t, _) =>
        {
            int at = Aligned(address(t), size * values.Length);
            if (isLoad && memory == shared && values.Length == 4) t.Loads.Add(at);
            for (int i = 0; i < values.Length; i++)
            {
                var place = memory.AsSpan(at + i * size, size);
                if (!isLoad) MemoryMarshal.Write(place, (uint)t.R[values[i]]);
                else t.R[values[i]] = size == 8 ? MemoryMarshal.Read<ulong>(place) : size == 4 ? MemoryMarshal.Read<uint>(place) : place[0];
            }
        };
    }

    static int Aligned(ulong address, int size)
    {
        Assert.Equal(0ul, address % (ulong)size);
        return checked((int)address);
    }

    Instruction Copy(string op, string[] x)
    {
        if (op == "cp.async.commit_group") return (t, _) => t.Ends.Add(t.Copies.Count);
        if (op == "cp.async.wait_group")
            return (t, _) =>
            {
                int done = t.Ends.Count - int.Parse(x[0], CultureInfo.InvariantCulture), end = done > 0 ? t.Ends[done - 1] : 0;
                for (int i = 0; i < end; i++)
                {
                    t.Copies[i]();
                    t.Copies[i] = () => { };
                }
            };
        Func<Thread, ulong> to = Address(x[0]), from = Address(x[1]), count = Source(x[3]);
        int size = int.Parse(x[2], CultureInfo.InvariantCulture);
        return (t, _) =>
        {
            int target = Aligned(to(t), size), bytes = (int)count(t), source = bytes == 0 ? 0 : Aligned(from(t), size);
            Action copy = () =>
            {
                shared.AsSpan(target, size).Clear();
                Memory.AsSpan(source, bytes).CopyTo(shared.AsSpan(target));
            };
            if (isLate) t.Copies.Add(copy);
            else copy();
        };
    }

    // Four times eight rows of 16 bytes, whose addresses 32 threads give: thread 4r + j of the warp gets bytes 4j to 4j + 3 of each row r.
    Instruction LoadMatrices(string[] x)
    {
        int[] to = Registers(x[0]);
        var address = Address(x[1]);
        return (_, warp) =>
        {
            for (int m = 0; m < 4; m++)
            {
                int[] rows = [.. warp[(8 * m)..(8 * m + 8)].Select(t => Aligned(address(t), 16))];
                Assert.Equal(8, rows.Select(row => row % 128).Distinct().Count());      // from different banks
                foreach (var t in warp) t.R[to[m]] = MemoryMarshal.Read<uint>(shared.AsSpan(rows[t.Index % 32 / 4] + t.Index % 4 * 4));
            }
        };
    }

    // d = a b + c of 16 × 8 by 8 × 8 numbers; thread 4g + t has of a (g, t), (g + 8, t), (g, t + 4), (g + 8, t + 4), of b (t, g),
    // (t + 4, g), of c and d (g, 2t), (g, 2t + 1), (g + 8, 2t), (g + 8, 2t + 1).
    static Instruction Multiply(int[][] x) => (_, warp) =>
    {
        float Of(Thread t, int register)
        {
            Assert.Equal(0ul, t.R[register] & 0x1fff);      // has been rounded
            return BitConverter.UInt32BitsToSingle((uint)t.R[register]);
        }
        float A(int i, int k) => Of(warp[i % 8 * 4 + k % 4], x[1][i / 8 + k / 4 * 2]);
        float B(int k, int j) => Of(warp[j * 4 + k % 4], x[2][k / 4]);
        foreach (var t in warp)
            for (int n = 0; n < 4; n++)
            {
                int i = t.Index % 32 / 4 + n / 2 * 8, j = t.Index % 4 * 2 + n % 2;
                float sum = BitConverter.UInt32BitsToSingle((uint)t.R[x[3][n]]);
                for (int k = 0; k < 8; k++) sum += A(i, k) * B(k, j);
                t.R[x[0][n]] = BitConverter.SingleToUInt32Bits(sum);
            }
    };

    Func<Thread, ulong> Source(string text)
    {
        if (text == "%tid.x") return t => (ulong)t.X;
        if (text == "%tid.y") return t => (ulong)t.Y;
        if (text == "%tid.z") return t => (ulong)t.Z;
        if (text == "%ntid.x") return t => (ulong)t.Across;
        if (text == "%ctaid.x") return t => (ulong)t.Group;
        if (text == "%nctaid.x") return t => (ulong)t.Groups;
        if (text.StartsWith("__shared_alloca"))
        {
            ulong start = arrays[text];
            return _ => start;
        }
        if (text.StartsWith("0f"))
        {
            uint bits = uint.Parse(text[2..], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            return _ => bits;
        }
        if (long.TryParse(text, CultureInfo.InvariantCulture, out long number)) return _ => (ulong)number;
        int register = Register(text);
        return t => t.R[register];
    }

    // [register], [register + bytes] or a parameter
    Func<Thread, ulong> Address(string text)
    {
        string[] parts = text.Trim('[', ']', '\t', ' ').Split('+');
        ulong offset = parts.Length > 1 ? ulong.Parse(parts[1], CultureInfo.InvariantCulture) : 0;
        if (parameters.Any(p => p.Name == parts[0])) return _ => offset;
        int register = Register(parts[0]);
        return t => t.R[register] + offset;
    }

    int[] Registers(string text) => [.. text.Trim('{', '}').Split(',', StringSplitOptions.TrimEntries).Select(Register)];

    int Register(string name)
    {
        if (!registers.TryGetValue(name, out int index)) registers.Add(name, index = registers.Count);
        return index;
    }

    [GeneratedRegex(@"\.param .* (_\w+?_\d+)")]
    private static partial Regex Parameter();

    [GeneratedRegex(@"\.shared .* (__shared_alloca\d)\[(\d+)\]")]
    private static partial Regex SharedArray();

    [GeneratedRegex(@"^(L_\w+):\s*")]
    private static partial Regex Label();

    [GeneratedRegex(@"^@(!?)(%p\d+)\s+")]
    private static partial Regex Guard();

    [GeneratedRegex(@"\{[^}]*\}|\[[^\]]*\]|[^,\[\]{}\s]+")]
    private static partial Regex Operand();
}
