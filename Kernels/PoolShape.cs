namespace NanoAttention.Kernels;

/// <summary>
/// Planes (height, width) with windows (rows, columns), each some rows of its plane times some of its columns. Two lists say which: those
/// of window i are <c>list[list[i]]</c>, …, <c>list[list[i + 1] − 1]</c>. The way back needs the lists turned round: the windows of each
/// row and of each column.
/// </summary>
public readonly record struct PoolShape(int Height, int Width, int Rows, int Columns);
