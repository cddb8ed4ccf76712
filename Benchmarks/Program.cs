using System.CommandLine.Invocation;
using NanoAttention.Benchmarks;

var parsed = Command.Create().Parse(args);
if (parsed.Action is ParseErrorAction error) error.ShowHelp = false;        // what was wrong would scroll out of sight
return parsed.Invoke();
