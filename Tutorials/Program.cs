using NanoAttention.Tutorials;
using Spectre.Console;

// dotnet run -c Release --project Tutorials: the main job. With a verb: what the verb says.
if (Console.IsOutputRedirected) (AnsiConsole.Profile.Capabilities.Ansi, AnsiConsole.Profile.Capabilities.ColorSystem) = (false, ColorSystem.NoColors);
return Cli.Run(Commands.Root(), args);
