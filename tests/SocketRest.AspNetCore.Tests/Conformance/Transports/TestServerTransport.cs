using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.TestHost;

namespace SocketRest.AspNetCore.Tests.Conformance.Transports;

/// <summary>The in-memory server of ASP.NET Core's own tests, without a network and without a wire format.</summary>
public sealed class TestServerTransport : ITransport
{
    public Capability Capabilities => Capability.FullDuplex | Capability.ReasonPhrase | Capability.ResponseTrailers | Capability.Direct;

    public string RequestProtocol => "HTTP/1.1";

    public Version ResponseVersion => HttpVersion.Version11;

    public async Task<TransportHost> StartAsync(Action<WebApplicationBuilder>? configure, Action<WebApplication> app)
    {
        var builder = TestApplication.CreateBuilder();
        builder.WebHost.UseTestServer();
        configure?.Invoke(builder);
        var application = builder.Build();
        app(application);
        await application.StartAsync();
        return new Host(application, application.GetTestServer());
    }

    private sealed class Host(WebApplication app, TestServer server) : TransportHost(app, server.BaseAddress)
    {
        public override HttpMessageHandler CreateHandler(HandlerSettings settings) => server.CreateHandler();
    }
}
