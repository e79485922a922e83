using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace SocketRest.AspNetCore.Tests.Conformance.Transports;

/// <summary>HTTP/1.1 to the hub, the tunnel from there on.</summary>
public sealed class ForwarderHttp1Transport() : ForwarderTransport(HttpProtocols.Http1)
{
    public override Capability Capabilities => (Capability.RealServer | Capability.SynchronousSend | Capability.Upgrades) & ~(Capability.Direct | Capability.Addresses);

    public override Version ResponseVersion => HttpVersion.Version11;
}
