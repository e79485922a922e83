namespace SocketRest.AspNetCore.Hub;

/// <summary>Sends requests to agents by name: what the handler and the forwarder have in common. Redirects, cookies and decompression are its caller's business.</summary>
internal sealed class AgentCalls(SocketRestConnectionRegistry registry)
{
    /// <summary>Sends the request to an agent of that name. The host of its address is of no concern.</summary>
    /// <exception cref="HttpRequestException">It failed; the inner <see cref="SocketRestException"/> says whether it may have run.</exception>
    public Task<HttpResponseMessage> SendAsync(string agent, HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (!registry.TryGetByName(agent, out SocketRestConnection? connection))
        {
            throw Http.HttpErrors.ForRequest(new SocketRestException(
                SocketRestErrorCode.ConnectFailed, $"No agent named '{agent}' is connected. The request was not sent.", RequestOutcome.NotSent));
        }

        SocketRestHandler handler = connection.CreateHandler();
        handler.AllowAutoRedirect = false;
        handler.UseCookies = false;
#pragma warning disable CA2000 // Disposing it disposes the handler, which closes nothing.
        return new HttpMessageInvoker(handler).SendAsync(request, cancellationToken);
#pragma warning restore CA2000
    }
}
