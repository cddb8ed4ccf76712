using System.CommandLine;
using NanoAttention.Tutorials;

// dotnet run -c Release --project Tutorials: the main job. With a verb: what the verb says.
return Commands.Root().Parse(args).Invoke(new InvocationConfiguration { ProcessTerminationTimeout = null });
