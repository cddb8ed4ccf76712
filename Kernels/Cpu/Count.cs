namespace NanoAttention.Kernels.Cpu;

/// <summary>A number, of rows or registers, that is a constant to the compiler, so that each has its own loop without a branch.</summary>
interface ICount { static abstract int Count { get; } }

readonly struct One : ICount { public static int Count => 1; }
readonly struct Two : ICount { public static int Count => 2; }
readonly struct Three : ICount { public static int Count => 3; }
readonly struct Four : ICount { public static int Count => 4; }
readonly struct Five : ICount { public static int Count => 5; }
readonly struct Six : ICount { public static int Count => 6; }
readonly struct Seven : ICount { public static int Count => 7; }
readonly struct Eight : ICount { public static int Count => 8; }
readonly struct Nine : ICount { public static int Count => 9; }
readonly struct Ten : ICount { public static int Count => 10; }
readonly struct Eleven : ICount { public static int Count => 11; }
readonly struct Twelve : ICount { public static int Count => 12; }
