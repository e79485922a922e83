namespace SocketRest.Benchmarks.Fuzzing;

/// <summary>Bytes that are sent at once, when the other side has opened so many streams.</summary>
internal readonly record struct Chunk(ReadOnlyMemory<byte> Bytes, int Gate);
