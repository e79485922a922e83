namespace SocketRest.Cli.Configuration;

/// <summary>A hub, as its user writes it: <c>wss://hub.example.com</c>, also with http or https, and with the path under which a proxy has put it.</summary>
internal sealed record HubAddress
{
    private const string Tunnel = "/tunnel";

    private readonly Uri _base;

    private HubAddress(Uri address) => _base = address;

    /// <summary>Where agents dial in.</summary>
    public Uri TunnelUri => new UriBuilder(_base) { Scheme = IsSecure ? "wss" : "ws", Path = _base.AbsolutePath.TrimEnd('/') + Tunnel }.Uri;

    /// <summary>The hub's HTTP address, ending in a slash.</summary>
    public Uri HttpUri => _base;

    public bool IsSecure => _base.Scheme == Uri.UriSchemeHttps;

    /// <summary>Whether what is sent there can be read on its way: neither encrypted nor within this machine.</summary>
    public bool IsExposed => !IsSecure && !_base.IsLoopback;

    /// <exception cref="CommandException">There is none, or it is no address of a hub.</exception>
    public static HubAddress Read(Settings settings)
    {
        SettingValue given = settings.Text(SharedOptions.Hub) ?? throw new CommandException(
            ExitCode.Usage, $"Which hub? Say --hub wss://hub.example.com, or set {SharedOptions.Hub.Variable}. On this machine: socketrest hub, and --hub ws://127.0.0.1:7080");
        return Parse(given.Value)
            ?? throw new CommandException(ExitCode.Usage, $"{given.Source}: '{given.Value}' is no address of a hub. It looks like wss://hub.example.com or ws://127.0.0.1:7080.");
    }

    /// <summary>The hub at that address, or null where it is none.</summary>
    public static HubAddress? Parse(string text)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out Uri? uri)
            || uri.Scheme is not ("ws" or "wss" or "http" or "https")
            || uri.UserInfo.Length > 0
            || uri.Query.Length > 0
            || uri.Fragment.Length > 0
            || uri.Host.Length == 0)
        {
            return null;
        }

        string path = uri.AbsolutePath.TrimEnd('/');
        if (path.EndsWith(Tunnel, StringComparison.Ordinal))
        {
            path = path[..^Tunnel.Length];
        }

        return new HubAddress(new UriBuilder(uri)
        {
            Scheme = uri.Scheme is "wss" or "https" ? Uri.UriSchemeHttps : Uri.UriSchemeHttp,
            Port = uri.IsDefaultPort ? -1 : uri.Port,
            Path = path + "/",
        }.Uri);
    }

    /// <summary>The address of an agent under the hub's own path.</summary>
    public Uri AgentUri(string agent, string path = "/agents") => new(_base, $"{path.Trim('/')}/{agent}/");

    /// <summary>The address of an agent that has a host name of its own below one of the hub's.</summary>
    public Uri AgentUriBelow(string agent, string host) => new UriBuilder(_base.Scheme, $"{agent}.{host}", _base.IsDefaultPort ? -1 : _base.Port, "/").Uri;

    public override string ToString() => _base.ToString().TrimEnd('/');
}
