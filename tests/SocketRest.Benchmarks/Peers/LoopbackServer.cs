using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace SocketRest.Benchmarks.Peers;

/// <summary>Kestrel on a free loopback port.</summary>
internal static class LoopbackServer
{
    public static void Configure(WebApplicationBuilder builder, HttpProtocols protocols) =>
        builder.WebHost.ConfigureKestrel(options =>
        {
            Configure(options);
            options.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = protocols);
        });

    /// <summary>
    /// The rest is Kestrel's default: larger HTTP/2 windows and frames gained nothing clear for one body alone and cost the mixed scenario much
    /// of its p99.
    /// </summary>
    public static void Configure(KestrelServerOptions options) => options.AddServerHeader = false;

    public static Uri Address(WebApplication app) =>
        new(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
}
