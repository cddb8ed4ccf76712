using NanoAttention.Kernels.Cpu;
using Xunit;

namespace NanoAttention.Tests;

/// <summary>The threads that share a kernel's items.</summary>
public class WorkersTests
{
    const double Large = 1e5, Small = 100;      // of an item: worth waking for, and worth sharing only with who is awake

    readonly struct Counting(int[] runs) : IScalarKernel
    {
        public void Run(int from, int to)
        {
            for (int i = from; i < to; i++) Interlocked.Increment(ref runs[i]);
        }
    }

    readonly struct Failing(int at) : IScalarKernel
    {
        public void Run(int from, int to)
        {
            if (from <= at && at < to) throw new ArgumentException("no item like this");
        }
    }

    readonly struct Nesting(Workers workers, int[][] runs) : IScalarKernel
    {
        public void Run(int from, int to)
        {
            for (int i = from; i < to; i++) workers.Run(new Counting(runs[i]), runs[i].Length, Large);
        }
    }

    // Says who ran an item, of which as many run at a time as there are threads.
    readonly struct Meeting(Barrier all, int[] who) : IScalarKernel
    {
        public void Run(int from, int to)
        {
            for (int i = from; i < to; i++)
            {
                who[i] = Environment.CurrentManagedThreadId;
                if (!all.SignalAndWait(60_000)) throw new TimeoutException("a thread did not come");
            }
        }
    }

    static void Check(Workers workers, int items, double cost)
    {
        var runs = new int[items];
        workers.Run(new Counting(runs), items, cost);
        Assert.All(runs, n => Assert.Equal(1, n));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    public void Every_item_is_run_once(int threads)
    {
        var workers = new Workers { Threads = threads };
        for (int round = 0; round < 200; round++)
            foreach (int items in (int[])[0, 1, 2, 3, 63, 64, 65, 100, 1000])
                Check(workers, items, round % 2 == 0 ? Large : Small);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void A_thread_begins_with_the_same_part_of_every_job(int threads)
    {
        var workers = new Workers { Threads = threads };
        using Barrier all = new(threads);
        int[] first = new int[threads], who = new int[threads];
        workers.Run(new Meeting(all, first), threads, Large);
        Assert.Equal(Environment.CurrentManagedThreadId, first[0]);
        Assert.Distinct(first);
        for (int job = 0; job < 50; job++)
        {
            workers.Run(new Meeting(all, who), threads, Large);
            Assert.Equal(first, who);
        }
    }

    [Fact]
    public void Callers_at_the_same_time_get_their_own_items()
    {
        var workers = new Workers { Threads = 3 };
        var callers = Enumerable.Range(0, 4).Select(_ => new Thread(() => Repeat())).ToArray();
        Exception? failure = null;
        foreach (var caller in callers) caller.Start();
        foreach (var caller in callers) caller.Join();
        Assert.Null(failure);

        void Repeat()
        {
            try
            {
                for (int i = 0; i < 300; i++) Check(workers, 50 + i, Large);
            }
            catch (Exception e)
            {
                failure = e;
            }
        }
    }

    [Fact]
    public void A_kernel_may_run_kernels()
    {
        var workers = new Workers { Threads = 2 };
        for (int round = 0; round < 50; round++)
        {
            int[][] runs = [.. Enumerable.Range(1, 20).Select(n => new int[n])];
            workers.Run(new Nesting(workers, runs), runs.Length, Large);
            Assert.All(runs, row => Assert.All(row, n => Assert.Equal(1, n)));
        }
    }

    [Fact]
    public void A_failure_reaches_the_caller_and_the_next_job_runs()
    {
        var workers = new Workers { Threads = 2 };
        for (int i = 0; i < 100; i++)
        {
            Assert.Contains("no item like this", Assert.Throws<InvalidOperationException>(() => workers.Run(new Failing(i), 100, Large)).Message);
            Check(workers, 100, Large);
        }
    }

    [Fact]
    public void Fewer_threads_than_there_were_still_get_help()
    {
        var workers = new Workers { Threads = 4 };
        for (int i = 0; i < 5; i++)
        {
            Check(workers, 1000, Large);
            Thread.Sleep(20);
            (workers.Threads, workers.AwaitsHelp) = (2, 1);
            Check(workers, 1000, Large);
            workers.Threads = 4;
        }
        Assert.True(workers.Jobs.Helped >= 5);
    }

    [Fact]
    public void After_a_rest_helpers_come_again()
    {
        var workers = new Workers { Threads = 2 };
        for (int i = 0; i < 5; i++)
        {
            Check(workers, 1000, Large);
            Thread.Sleep(20);                   // by now they sleep
            Check(workers, 1000, Small);
        }
    }
}
