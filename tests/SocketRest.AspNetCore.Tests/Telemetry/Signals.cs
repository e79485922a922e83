namespace SocketRest.AspNetCore.Tests.Telemetry;

/// <summary>How an application tells its test how far it is.</summary>
internal sealed class Signals
{
    public TaskCompletionSource Arrived { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}
