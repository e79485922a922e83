namespace SocketRest.Cli.Hub.SignIn;

/// <summary>A browser that has shown a key for the pages of one agent.</summary>
/// <param name="Agent">The agent, and no other.</param>
/// <param name="Credential">What was shown. It is looked at with each request anew: a key that is revoked or changed ends the session.</param>
internal sealed record VisitorSession(string Agent, string Credential)
{
    public bool IsFor(string agent) => Agent.Equals(agent, StringComparison.OrdinalIgnoreCase);
}
