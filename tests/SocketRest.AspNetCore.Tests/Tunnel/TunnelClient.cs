namespace SocketRest.AspNetCore.Tests.Tunnel;

/// <summary>What the tests say of a call through a tunnel.</summary>
internal static class TunnelClient
{
    /// <summary>A client whose base address is any host: no name is looked up in a tunnel.</summary>
    public static HttpClient CreateClient(this SocketRestConnection connection) => Over(connection.CreateHandler());

    public static HttpClient CreateClient(this SocketRestClient tunnel) => Over(tunnel.CreateHandler());

    public static HttpClient Over(HttpMessageHandler handler) => new(handler)
    {
        BaseAddress = new Uri("http://application.example/"),
        Timeout = Conformance.Patience.Limit,
    };

    /// <summary>The tunnel's own account of a call that fails.</summary>
    public static async Task<SocketRestException> FailureAsync(Task call)
    {
        HttpRequestException exception = await Assert.ThrowsAsync<HttpRequestException>(() => call);
        return Assert.IsType<SocketRestException>(exception.InnerException);
    }
}
