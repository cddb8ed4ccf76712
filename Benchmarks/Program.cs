using NanoAttention.Benchmarks;

return Command.Create().Parse(args).Invoke();
