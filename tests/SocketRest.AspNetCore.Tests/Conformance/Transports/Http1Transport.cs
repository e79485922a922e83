using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace SocketRest.AspNetCore.Tests.Conformance.Transports;

/// <summary>HTTP/1.1 over TCP.</summary>
public sealed class Http1Transport() : KestrelTransport(HttpProtocols.Http1)
{
    public override Capability Capabilities =>
        Capability.RealServer | Capability.ReasonPhrase | Capability.RequestTrailers | Capability.SynchronousSend | Capability.Upgrades;

    public override string RequestProtocol => "HTTP/1.1";

    public override Version ResponseVersion => HttpVersion.Version11;

    protected override TransportHost CreateHost(WebApplication application, Uri address) => new TrailerHost(application, address);

    private sealed class TrailerHost(WebApplication app, Uri baseAddress) : Host(app, baseAddress, HttpVersion.Version11)
    {
        public override async Task<string> PostWithTrailersAsync(string body, IEnumerable<KeyValuePair<string, string>> trailers)
        {
            using var tcp = new TcpClient();
            await tcp.ConnectAsync(BaseAddress.Host, BaseAddress.Port);
            var request = new StringBuilder($"POST / HTTP/1.1\r\nHost: {BaseAddress.Authority}\r\n");
            request.Append("Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n");
            if (body.Length > 0)
            {
                request.Append($"{Encoding.UTF8.GetByteCount(body):x}\r\n{body}\r\n");
            }

            request.Append("0\r\n");
            foreach (var (name, value) in trailers)
            {
                request.Append($"{name}: {value}\r\n");
            }

            var stream = tcp.GetStream();
            await stream.WriteAsync(Encoding.UTF8.GetBytes(request.Append("\r\n").ToString()));

            // The answers of these tests fit into one chunk: head, size, body, and the closing chunk.
            var response = await new StreamReader(stream).ReadToEndAsync();
            Assert.StartsWith("HTTP/1.1 200 OK\r\n", response, StringComparison.Ordinal);
            return response.Split("\r\n\r\n", 2)[1].Split("\r\n")[1];
        }
    }
}
