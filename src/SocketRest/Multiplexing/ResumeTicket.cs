namespace SocketRest.Multiplexing;

/// <summary>What the dialling side has to show to come back.</summary>
internal sealed class ResumeTicket(string token)
{
    private ulong _attempt;

    /// <summary>The newest secret. Whichever WELCOME brought it, it is good.</summary>
    public string Token { get; set; } = token;

    public ulong NextAttempt() => ++_attempt;
}
