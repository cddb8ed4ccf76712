namespace NanoAttention.Tutorials;

/// <summary>Runs a program so that Ctrl-C asks it to stop; a second one ends it at once.</summary>
static class Stop
{
    public const int Interrupted = 130;

    /// <summary>Asked between two batches of an evaluation, for which the trainer has saved its state.</summary>
    /// <exception cref="OperationCanceledException">Ctrl-C was pressed.</exception>
    public static void BetweenBatches(CancellationToken stop)
    {
        if (stop.IsCancellationRequested)
            throw new OperationCanceledException("stopped while evaluating; the training is saved (--resume evaluates it)", stop);
    }

    /// <summary>What <paramref name="program"/> answers; 130 where Ctrl-C ended it.</summary>
    public static int OnCtrlC(Func<CancellationToken, int> program)
    {
        using var source = new CancellationTokenSource();
        void Ask(object? sender, ConsoleCancelEventArgs e)
        {
            e.Cancel = !source.IsCancellationRequested;
            source.Cancel();
        }
        Console.CancelKeyPress += Ask;
        try
        {
            return program(source.Token);
        }
        catch (OperationCanceledException e) when (source.IsCancellationRequested)
        {
            Console.WriteLine(e.Message);
            return Interrupted;
        }
        finally
        {
            Console.CancelKeyPress -= Ask;
        }
    }
}
