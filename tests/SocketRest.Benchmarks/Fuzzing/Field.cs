namespace SocketRest.Benchmarks.Fuzzing;

/// <summary>A header field before it is encoded; nothing says that it is a valid one.</summary>
internal readonly record struct Field(string Name, string Value);
