using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace SocketRest.AspNetCore.Tests.Conformance.Transports;

/// <summary>HTTP/2 to the hub, the tunnel from there on.</summary>
public sealed class ForwarderHttp2Transport() : ForwarderTransport(HttpProtocols.Http2)
{
    public override Capability Capabilities => Capability.Http2 & ~(Capability.Direct | Capability.Addresses);

    public override Version ResponseVersion => HttpVersion.Version20;
}
