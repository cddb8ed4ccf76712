namespace NanoAttention;

/// <summary>A device failed at something it was asked to do, or is lost for good: the message says which, and at what.</summary>
public sealed class DeviceException : Exception
{
    internal DeviceException(string message, Exception? inner = null) : base(message, inner) { }
}
