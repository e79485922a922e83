using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace SocketRest.AspNetCore.Tests.Conformance.Transports;

/// <summary>HTTP/2 over TCP without TLS: the transport whose semantics SocketRest shares.</summary>
public sealed class Http2Transport() : KestrelTransport(HttpProtocols.Http2)
{
    public override Capability Capabilities => Capability.Http2;

    public override string RequestProtocol => "HTTP/2";

    public override Version ResponseVersion => HttpVersion.Version20;
}
