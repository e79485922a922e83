namespace SocketRest.Cli.Hub.Authentication;

/// <summary>The names of the hub's authorization policies. On a hub without keys everybody meets them.</summary>
internal static class HubPolicies
{
    /// <summary>Who may dial in. Which names it may take is decided in the handshake.</summary>
    public const string Agents = "hub-agents";

    /// <summary>Who manages the hub.</summary>
    public const string Operators = "hub-operators";

    /// <summary>Who calls an agent through the hub: operators all, callers those that their key names, with --public everybody.</summary>
    public const string Callers = "hub-callers";
}
