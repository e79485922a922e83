namespace SocketRest.AspNetCore.Pipeline;

/// <summary>How far a response has come.</summary>
internal enum ResponseStage
{
    NotStarted,
    Started,
    Ended,
}
