namespace NanoAttention.Tests.Python;

/// <summary>An expression that cannot be read or evaluated; <see cref="Position"/> is the 0-based column it went wrong at.</summary>
public sealed class PythonException(string message, string source, int position)
    : Exception($"{message}, at column {position + 1} of: {source}")
{
    public int Position { get; } = position;
}
