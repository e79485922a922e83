using SocketRest.Http;

namespace SocketRest.AspNetCore.Hub;

/// <summary>Sends requests to agents by name, as they are: redirects, cookies and decompression are the caller's business.</summary>
internal sealed class AgentCalls(SocketRestConnectionRegistry registry)
{
    /// <summary>Sends the request to an agent of that name. The host of its address is of no concern.</summary>
    /// <exception cref="HttpRequestException">It failed; the inner <see cref="SocketRestException"/> says whether it may have run.</exception>
    public Task<HttpResponseMessage> SendAsync(string agent, HttpRequestMessage request, CancellationToken cancellationToken) =>
        registry.Names.Find(agent) is { } group
            ? group.Handler.CallAsync(request, cancellationToken)
            : Task.FromException<HttpResponseMessage>(HttpErrors.ForRequest(AgentNames.Unknown(agent)));
}
