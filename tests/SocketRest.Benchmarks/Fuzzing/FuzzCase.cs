namespace SocketRest.Benchmarks.Fuzzing;

/// <summary>One dialogue with one connection under test: what it is sent, and what it calls meanwhile.</summary>
/// <param name="Number">With the seed, all that it takes to make it again.</param>
/// <param name="Dials">Whether the connection under test is the one that dials.</param>
/// <param name="Chunks">The messages that it is sent.</param>
/// <param name="Calls">Its own requests.</param>
/// <param name="Ending">How the peer leaves.</param>
internal sealed record FuzzCase(long Number, bool Dials, List<Chunk> Chunks, Call[] Calls, Ending Ending);
