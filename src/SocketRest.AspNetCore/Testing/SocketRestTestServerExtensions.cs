using Microsoft.AspNetCore.TestHost;
using SocketRest.Protocol;

namespace SocketRest.Testing;

/// <summary>Tunnels over a <see cref="TestServer"/>'s in-memory WebSocket.</summary>
public static class SocketRestTestServerExtensions
{
    extension(SocketRestClient)
    {
        /// <summary>
        /// Dials a tunnel of an application under test. No network is involved, so there is none to fail: <see cref="SocketRestOptions.ResumeGrace"/> is 0 unless
        /// <paramref name="configure"/> sets it, and the connection ends with the server. The project needs the package Microsoft.AspNetCore.TestHost.
        /// </summary>
        /// <param name="server">The test server, for instance <c>WebApplicationFactory.Server</c>.</param>
        /// <param name="path">The path at which the tunnel is mapped.</param>
        /// <param name="configure">Sets further options.</param>
        /// <param name="cancellationToken">Ends the attempt.</param>
        /// <exception cref="SocketRestException">There is no connection; <see cref="SocketRestException.ErrorCode"/> says why.</exception>
        /// <exception cref="ArgumentException">An option is out of its range.</exception>
        /// <exception cref="OperationCanceledException">The attempt was cancelled.</exception>
        public static Task<SocketRestClient> ConnectAsync(
            TestServer server,
            string path,
            Action<SocketRestClientOptions>? configure = null,
            CancellationToken cancellationToken = default)
        {
            ArgumentNullException.ThrowIfNull(server);
            ArgumentNullException.ThrowIfNull(path);
            var uri = new Uri(server.BaseAddress, path);
            var options = new SocketRestClientOptions
            {
                Uri = uri,
                ResumeGrace = TimeSpan.Zero,
                WebSocketFactory = token =>
                {
                    WebSocketClient client = server.CreateWebSocketClient();
                    client.SubProtocols.Add(SubProtocol.Name);
                    return client.ConnectAsync(uri, token);
                },
            };
            configure?.Invoke(options);
            return SocketRestClient.ConnectAsync(options, cancellationToken);
        }
    }
}
