using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace SocketRest.Cli.Management.Access;

/// <summary>
/// Which host names belong to whom. What an agent sends may be a page with a script in it, and a page may do whatever another page of its origin may: under the
/// dashboard's own host names agents have no pages, see <see cref="AgentPages"/>, and under the others there is no dashboard.
/// </summary>
internal sealed class HubOrigins(IOptions<HubManagementOptions> options)
{
    private const string Localhost = "localhost";

    private readonly HubManagementOptions _options = options.Value;

    /// <summary>Nobody has keys: what keeps strangers out is that only this machine can connect, and that their pages cannot say they are this machine.</summary>
    public bool IsKeyless => _options.Policy is null;

    /// <summary>Whether the name is an agent's, with nothing of the hub under it.</summary>
    public bool IsAgents(HostString host) => _options.AgentHosts.Any(pattern => Matches(pattern, host.Host));

    /// <summary>Whether browsers find the dashboard under this name.</summary>
    public bool IsDashboard(HostString host) =>
        _options.DashboardHosts.Count > 0 ? _options.DashboardHosts.Any(pattern => Matches(pattern, host.Host))
            : IsKeyless ? string.Equals(host.Host, Localhost, StringComparison.OrdinalIgnoreCase)
            : !IsAgents(host);

    /// <summary>Where a browser that asked for the dashboard under another name has to go, if that is known.</summary>
    public HostString? Dashboard(HostString asked)
    {
        string? name = _options.DashboardHosts.FirstOrDefault(one => !one.Contains('*', StringComparison.Ordinal)) ?? (IsKeyless ? Localhost : null);
        return name is null ? null : asked.Port is { } port ? new HostString(name, port) : new HostString(name);
    }

    /// <summary>Whether it is a name of the machine itself, which no name server on the way can claim.</summary>
    public static bool IsLoopback(HostString host)
    {
        string name = host.Host;
        return name.Equals(Localhost, StringComparison.OrdinalIgnoreCase)
            || name.EndsWith("." + Localhost, StringComparison.OrdinalIgnoreCase)
            || (IPAddress.TryParse(name, out IPAddress? address) && IPAddress.IsLoopback(address));
    }

    /// <summary>Where the forwarder has agents in the dashboard's own origin.</summary>
    public string AgentPath(HttpRequest request) => request.PathBase + _options.AgentPath;

    /// <summary>Where agents' own pages are, away from the dashboard's origin where there is a choice.</summary>
    public string AgentAddress(HttpRequest request)
    {
        if (_options.AgentHosts.FirstOrDefault(pattern => pattern.StartsWith("*.", StringComparison.Ordinal)) is { } pattern)
        {
            HostString host = request.Host.Port is { } port ? new HostString("{agent}" + pattern[1..], port) : new HostString("{agent}" + pattern[1..]);
            return $"{request.Scheme}://{host.Value}/";
        }

        string other = IsKeyless && _options.DashboardHosts.Count == 0 && request.Host.Port is { } loopback ? $"127.0.0.1:{loopback}" : request.Host.ToUriComponent();
        return $"{request.Scheme}://{other}{request.PathBase}{_options.AgentPath}/";
    }

    /// <summary>Where a person who opens an agent's page in the dashboard's origin has to go for one that is not kept apart, if that is known: this machine's other name.</summary>
    public HostString? AgentsOwn(HttpContext context) =>
        IsKeyless && _options.DashboardHosts.Count == 0 && IsDashboard(context.Request.Host) && context.Request.Host.Port is { } port
            && context.Connection.LocalIpAddress is { } address && IPAddress.IsLoopback(address)
            ? new HostString((address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).ToString(), port)
            : null;

    private static bool Matches(string pattern, string host) => pattern.StartsWith("*.", StringComparison.Ordinal)
        ? host.Length > pattern.Length - 1 && host.EndsWith(pattern[1..], StringComparison.OrdinalIgnoreCase)
        : string.Equals(pattern, host, StringComparison.OrdinalIgnoreCase);
}
