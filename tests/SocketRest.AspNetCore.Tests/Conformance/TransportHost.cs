using Microsoft.AspNetCore.Builder;

namespace SocketRest.AspNetCore.Tests.Conformance;

/// <summary>A running application, and the handlers that reach it.</summary>
public abstract class TransportHost(WebApplication app, Uri baseAddress) : IAsyncDisposable
{
    public Uri BaseAddress { get; } = baseAddress;

    public IServiceProvider Services => App.Services;

    protected WebApplication App { get; } = app;

    /// <summary>A new handler, which its caller disposes.</summary>
    public abstract HttpMessageHandler CreateHandler(HandlerSettings settings);

    public HttpClient CreateClient(HandlerSettings? settings = null) => new(CreateHandler(settings ?? new HandlerSettings()))
    {
        BaseAddress = BaseAddress,
        Timeout = Patience.Limit,
    };

    /// <summary>
    /// Posts a text followed by trailers and gives the body of the answer. <see cref="HttpClient"/> has no way to say trailers of a
    /// request, so each transport with <see cref="Capability.RequestTrailers"/> has its own.
    /// </summary>
    public virtual Task<string> PostWithTrailersAsync(string body, IEnumerable<KeyValuePair<string, string>> trailers) =>
        throw new NotSupportedException();

    public virtual async ValueTask DisposeAsync()
    {
        await App.DisposeAsync();
        GC.SuppressFinalize(this);
    }
}
