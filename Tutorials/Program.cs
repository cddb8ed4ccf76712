using System.CommandLine;
using System.CommandLine.Invocation;
using NanoAttention.Tutorials;
using Spectre.Console;

// dotnet run -c Release --project Tutorials: the main job. With a verb: what the verb says.
if (Console.IsOutputRedirected) (AnsiConsole.Profile.Capabilities.Ansi, AnsiConsole.Profile.Capabilities.ColorSystem) = (false, ColorSystem.NoColors);
var parsed = Commands.Root().Parse(args);
if (parsed.Action is ParseErrorAction error) error.ShowHelp = false;        // what was wrong would scroll out of sight
return parsed.Invoke(new InvocationConfiguration { ProcessTerminationTimeout = null });
