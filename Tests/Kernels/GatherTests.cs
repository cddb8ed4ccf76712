using NanoAttention.Kernels;
using NanoAttention.Kernels.Cpu;
using Xunit;
using static NanoAttention.Tests.Kernels.KernelRun;

namespace NanoAttention.Tests.Kernels;

public class GatherTests
{
    [Theory]
    [InlineData(0, 3, 4)]
    [InlineData(1, 1, 1)]
    [InlineData(50, 7, 17)]
    [InlineData(23, 1000, 5)]
    public void Rows_are_picked_and_their_gradients_summed(int count, int tableRows, int n)
    {
        var indices = Array<int>(count, i => i * i * 31 % tableRows);
        float[] table = Normal<float>(tableRows * n, 1), y = Array<float>(count * n), dy = Normal<float>(count * n, 2), dtable = Array<float>(tableRows * n);
        KernelRun.Check(new Gather.Rows<float>(View(table), View(indices), View(y), n), count, y, i => table[indices[i / n] * n + i % n]);

        int[] order = Array<int>(count), starts = Array<int>(count + 1), rows = Array<int>(count);
        int distinct = Gather.Sort(View(indices), tableRows, View(order), View(starts), View(rows));
        Assert.Equal(indices.Distinct().Order(), rows.Take(distinct));
        Assert.Equal(Enumerable.Range(0, count).OrderBy(i => indices[i]), order);
        Assert.Equal(count, starts[distinct]);
        KernelRun.Check(new Gather.ScatterAdd<float>(View(dy), View(order), View(starts), View(rows), View(dtable), n), distinct, dtable,
            i => Enumerable.Range(0, count).Where(k => indices[k] == i / n).Sum(k => (double)dy[k * n + i % n]), 1e-6);
    }
}
