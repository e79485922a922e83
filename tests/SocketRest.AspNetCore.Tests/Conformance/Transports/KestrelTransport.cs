using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace SocketRest.AspNetCore.Tests.Conformance.Transports;

/// <summary>A real Kestrel on a loopback port, reached by a <see cref="SocketsHttpHandler"/>: what the suite is proved against.</summary>
public abstract class KestrelTransport(HttpProtocols protocol) : ITransport
{
    public abstract Capability Capabilities { get; }

    public abstract string RequestProtocol { get; }

    public abstract Version ResponseVersion { get; }

    public virtual async Task<TransportHost> StartAsync(Action<WebApplicationBuilder>? configure, Action<WebApplication> app)
    {
        var builder = TestApplication.CreateBuilder();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(options =>
        {
            options.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = protocol);

            // The tunnel carries UTF-8 both ways without being asked; Kestrel's default for responses is ASCII.
            options.RequestHeaderEncodingSelector = static _ => Encoding.UTF8;
            options.ResponseHeaderEncodingSelector = static _ => Encoding.UTF8;

            // A busy machine must not turn a test that waits for its own signal into a slow client.
            options.Limits.MinRequestBodyDataRate = null;
            options.Limits.MinResponseDataRate = null;
        });
        configure?.Invoke(builder);
        var application = builder.Build();
        app(application);
        await application.StartAsync();
        return CreateHost(application, new Uri(application.Urls.Single()));
    }

    protected virtual TransportHost CreateHost(WebApplication application, Uri address) => new Host(application, address, ResponseVersion);

    protected class Host(WebApplication app, Uri baseAddress, Version version) : TransportHost(app, baseAddress)
    {
        /// <summary>Where to connect, whatever the address says.</summary>
        protected virtual IPEndPoint? EndPoint => null;

        public override HttpMessageHandler CreateHandler(HandlerSettings settings)
        {
            var handler = new SocketsHttpHandler
            {
                AllowAutoRedirect = settings.AllowAutoRedirect,
                MaxAutomaticRedirections = settings.MaxAutomaticRedirections,
                UseCookies = settings.UseCookies,
                AutomaticDecompression = settings.AutomaticDecompression,
                UseProxy = false,
                RequestHeaderEncodingSelector = static (_, _) => Encoding.UTF8,
                ResponseHeaderEncodingSelector = static (_, _) => Encoding.UTF8,

                // With the default of one second a test of 100-continue could pass by the clock alone.
                Expect100ContinueTimeout = Patience.Limit,
            };
            if (EndPoint is { } endPoint)
            {
                handler.ConnectCallback = async (_, cancellationToken) =>
                {
                    var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                    await socket.ConnectAsync(endPoint, cancellationToken);
                    return new NetworkStream(socket, ownsSocket: true);
                };
            }

            if (settings.CookieContainer is { } container)
            {
                handler.CookieContainer = container;
            }

            return new VersionHandler(version) { InnerHandler = handler };
        }
    }

    /// <summary>Pins the version of every request: a test must not have to know which transport it runs over.</summary>
    private sealed class VersionHandler(Version version) : DelegatingHandler
    {
        protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken) =>
            base.Send(Pin(request), cancellationToken);

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            base.SendAsync(Pin(request), cancellationToken);

        private HttpRequestMessage Pin(HttpRequestMessage request)
        {
            request.Version = version;
            request.VersionPolicy = HttpVersionPolicy.RequestVersionExact;
            return request;
        }
    }
}
