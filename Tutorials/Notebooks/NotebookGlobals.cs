namespace NanoAttention.Tutorials;

/// <summary>What every cell can call by its bare name.</summary>
public sealed class NotebookGlobals
{
    Action<object?> show = _ => { };

    /// <summary>Shows a value here, so that one cell can show several.</summary>
    public void Display(object? value) => show(value);

    internal void ShowIn(CellOutput output) => show = value => output.Add("display_data", value, null);
}
