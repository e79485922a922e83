using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.Extensions.Configuration;
using IPNetwork = System.Net.IPNetwork;

namespace SocketRest.Cli.Hub;

/// <summary>Proxies whose word about who called is taken, from the address that the socket is connected to backwards, as far as each address is one of theirs.</summary>
internal static class TrustedProxies
{
    /// <summary>With which ASP.NET Core believes everybody.</summary>
    private const string EverybodySetting = "ForwardedHeaders_Enabled";

    /// <summary>An address or a network (10.0.0.0/8), or null where it is neither, or means everybody.</summary>
    public static IPNetwork? Parse(string text)
    {
        if (IPAddress.TryParse(text, out IPAddress? address))
        {
            return new IPNetwork(address, address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128);
        }

        return IPNetwork.TryParse(text, out IPNetwork network) && network.PrefixLength > 0 ? network : null;
    }

    /// <summary>Whether the host is told by ASP.NET Core's own variable to believe whoever calls.</summary>
    public static bool AreEverybody(IConfiguration configuration) => bool.TryParse(configuration[EverybodySetting], out bool all) && all;

    /// <summary>In front of routing, which looks at the host.</summary>
    public static void UseTrustedProxies(this WebApplication app, IReadOnlyList<IPNetwork> proxies)
    {
        if (proxies.Count == 0)
        {
            return;
        }

        var options = new ForwardedHeadersOptions
        {
            ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto | ForwardedHeaders.XForwardedHost,
            ForwardLimit = null,
        };
        options.KnownProxies.Clear();
        options.KnownIPNetworks.Clear();
        foreach (IPNetwork proxy in proxies)
        {
            options.KnownIPNetworks.Add(proxy);
        }

        // A socket of the file system has no address, which the middleware takes for one that it knows.
        app.UseWhen(static context => context.Connection.RemoteIpAddress is not null, branch => branch.UseForwardedHeaders(options));
        app.Use(static (context, next) =>
        {
            // Which proxy it was is no business of agents.
            IHeaderDictionary headers = context.Request.Headers;
            headers.Remove(ForwardedHeadersDefaults.XOriginalForHeaderName);
            headers.Remove(ForwardedHeadersDefaults.XOriginalProtoHeaderName);
            headers.Remove(ForwardedHeadersDefaults.XOriginalHostHeaderName);
            return next(context);
        });
    }
}
