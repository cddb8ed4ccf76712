using NanoAttention.Benchmarks;
using NanoAttention.Tutorials;

return Cli.Run(Command.Create(), args);
