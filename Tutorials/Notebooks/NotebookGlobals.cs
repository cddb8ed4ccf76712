namespace NanoAttention.Tutorials;

/// <summary>What every cell can call by its bare name.</summary>
public sealed class NotebookGlobals
{
    private Action<object?> _show = _ => { };

    /// <summary>Shows a value here, so that one cell can show several.</summary>
    public void Display(object? value) => _show(value);

    internal void ShowIn(CellOutput output) => _show = value => output.Add("display_data", value, null);
}
