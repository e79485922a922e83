namespace SocketRest.Benchmarks.Fuzzing;

/// <summary>What one side sent in a recorded dialogue, and what the other side called meanwhile.</summary>
/// <param name="Frames">As recorded; the handshake's come first.</param>
/// <param name="Plain">The same with header blocks that need no table.</param>
/// <param name="HandshakeFrames">How many belong to the handshake.</param>
/// <param name="Calls">The requests of the side that receives this.</param>
internal sealed record Dialogue(FuzzFrame[] Frames, FuzzFrame[] Plain, int HandshakeFrames, Call[] Calls);
