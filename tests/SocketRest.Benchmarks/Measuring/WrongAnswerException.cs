namespace SocketRest.Benchmarks.Measuring;

/// <summary>A peer answered something else than the application did: its figures are worth nothing.</summary>
internal sealed class WrongAnswerException(string message) : Exception(message);
