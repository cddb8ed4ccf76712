namespace NanoAttention.Tutorials;

/// <summary>A notebook that cannot be read, or a cell that failed: the message says which, where and why.</summary>
public sealed class NotebookException(string message) : Exception(message);
