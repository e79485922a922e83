using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace SocketRest.AspNetCore.Tests.Conformance.Transports;

/// <summary>An agent behind the forwarder of a hub on a real Kestrel, by host name.</summary>
public abstract class ForwarderTransport(HttpProtocols protocol) : KestrelTransport(protocol)
{
    private readonly HttpProtocols _protocol = protocol;

    public override string RequestProtocol => "HTTP/2";

    public override async Task<TransportHost> StartAsync(Action<WebApplicationBuilder>? configure, Action<WebApplication> app)
    {
        WebApplicationBuilder builder = TestApplication.CreateBuilder();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(options =>
        {
            options.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = _protocol);
            options.Listen(IPAddress.Loopback, 0);
            options.RequestHeaderEncodingSelector = static _ => Encoding.UTF8;
            options.ResponseHeaderEncodingSelector = static _ => Encoding.UTF8;
            options.Limits.MinRequestBodyDataRate = null;
            options.Limits.MinResponseDataRate = null;
        });
        builder.Services.AddSocketRest();
        WebApplication hub = builder.Build();
        hub.MapSocketRest("/tunnel").RequireHost("127.0.0.1");
        hub.MapSocketRestForwarder("{agent}.hub.test", options => options.AgentLimitsBodySize = true);
        await hub.StartAsync();
        Uri[] addresses = [.. hub.Urls.Select(url => new Uri(url))];

        WebApplication application = await DiallingTransport.StartAgentAsync(
            options =>
            {
                options.Uri = new Uri(addresses[1], "/tunnel");
                options.Name = "app";
            },
            configure,
            app);
        string id = (await application.Services.GetRequiredService<SocketRestAgent>().GetConnectionAsync()).Id;
        await hub.Services.GetRequiredService<SocketRestConnectionRegistry>().WaitForAsync(id);
        return new ForwardedHost(application, new Uri($"http://app.hub.test:{addresses[0].Port}"), ResponseVersion, hub);
    }

    private sealed class ForwardedHost(WebApplication app, Uri address, Version version, WebApplication hub) : Host(app, address, version)
    {
        protected override IPEndPoint? EndPoint => new(IPAddress.Loopback, BaseAddress.Port);

        public override async ValueTask DisposeAsync()
        {
            await base.DisposeAsync();
            await hub.DisposeAsync();
        }
    }
}
