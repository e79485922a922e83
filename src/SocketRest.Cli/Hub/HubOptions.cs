using System.Net;
using SocketRest.Cli.Hub.Authentication;

namespace SocketRest.Cli.Hub;

/// <summary>How a hub is run, after everything was looked at: see <see cref="HubOptionsReader"/>.</summary>
internal sealed record HubOptions
{
    /// <summary>Where it listens, or empty where Kestrel's own configuration says so. Default: http://127.0.0.1:7080.</summary>
    public IReadOnlyList<string> Urls { get; init; } = [DefaultUrl];

    public const string DefaultUrl = "http://127.0.0.1:7080";

    /// <summary>The file with the keys, or null: then everybody who reaches the hub may do everything, and only this machine does.</summary>
    public string? KeysFile { get; init; }

    /// <summary>Host names under which the hub is known, in lower case: agents are reached at {agent}.{host} as well.</summary>
    public IReadOnlyList<string> PublicHosts { get; init; } = [];

    /// <summary>Whether anybody may call agents through the hub. Default false: a caller's or an operator's key is needed.</summary>
    public bool Public { get; init; }

    /// <summary>Proxies whose X-Forwarded-For, -Proto and -Host are believed. Default: none.</summary>
    public IReadOnlyList<IPNetwork> TrustedProxies { get; init; } = [];

    /// <summary>The configuration file, for the sections that ASP.NET Core reads itself, or null.</summary>
    public string? ConfigFile { get; init; }

    /// <summary>Tokens that are taken beside keys, or null for none. Paths are absolute.</summary>
    public JwtOptions? Jwt { get; init; }

    /// <summary>Client certificates that are taken beside keys, or null for none. Paths are absolute.</summary>
    public CertificateOptions? Certificates { get; init; }

    public bool Verbose { get; init; }

    /// <summary>Whether what is logged is JSON, an object a line.</summary>
    public bool Json { get; init; }

    /// <summary>Whether nobody has to prove anything.</summary>
    public bool IsOpen => KeysFile is null && Jwt is null && Certificates is null;
}
