using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SocketRest.AspNetCore;
using SocketRest.Cli.Hub;
using SocketRest.Cli.Keys;

namespace SocketRest.Cli.Tests.Hub;

/// <summary>A hub in this process, on a port of its own.</summary>
internal sealed class RunningHub : IAsyncDisposable
{
    private readonly WebApplication _app;

    private RunningHub(WebApplication app)
    {
        _app = app;
        Addresses = [.. app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses];
        Address = new Uri(Addresses[0]);
        Http = new HttpClient { BaseAddress = Address, Timeout = Patience.Limit };
    }

    public IReadOnlyList<string> Addresses { get; }

    public Uri Address { get; }

    public HttpClient Http { get; }

    public IServiceProvider Services => _app.Services;

    public SocketRestConnectionRegistry Registry => _app.Services.GetRequiredService<SocketRestConnectionRegistry>();

    public static async Task<RunningHub> StartAsync(HubOptions? options = null, Action<WebApplicationBuilder>? configure = null)
    {
        WebApplication app = HubHost.Build((options ?? new HubOptions()) with { Urls = ["http://127.0.0.1:0"] }, builder =>
        {
            builder.Logging.ClearProviders();
            configure?.Invoke(builder);
        });
        await app.StartAsync().InTime();
        return new RunningHub(app);
    }

    /// <summary>An agent that answers with what it was asked, and with the fields that tests look for.</summary>
    public async Task<SocketRestClient> ConnectAsync(string? name, string? key = null, Action<SocketRestClientOptions>? configure = null)
    {
        var options = new SocketRestClientOptions
        {
            Uri = new Uri(Address, HubHost.TunnelPath),
            Name = name,
            AuthorizationProvider = _ => new(key is null ? null : $"Bearer {key}"),
            RequestHandler = (request, _) => Task.FromResult(new HttpResponseMessage
            {
                Content = new StringContent($"{name}: {request.Method} {request.RequestUri!.PathAndQuery} auth={request.Headers.Authorization} "
                    + $"key={string.Join(',', request.Headers.TryGetValues("SocketRest-Key", out IEnumerable<string>? keys) ? keys : [])}"),
            }),
        };
        configure?.Invoke(options);
        return await SocketRestClient.ConnectAsync(options).InTime();
    }

    /// <summary>Asks with a key, or without one.</summary>
    public async Task<HttpResponseMessage> GetAsync(string path, string? key = null, params (string Name, string Value)[] fields)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (key is not null)
            request.Headers.Add("Authorization", $"Bearer {key}");
        foreach ((string name, string value) in fields)
            request.Headers.TryAddWithoutValidation(name, value);
        return await Http.SendAsync(request).InTime();
    }

    /// <summary>Adds a key to the file.</summary>
    public static async Task<string> AddKeyAsync(string path, KeyKind kind, params string[] names)
    {
        (string text, HubKey key) = KeyText.Create(
            kind, [.. names.Select(name => NamePattern.TryParse(name, out NamePattern pattern, out _) ? pattern : throw new ArgumentException(name))], DateTimeOffset.UtcNow);
        await KeyFile.ChangeAsync(path, mayCreate: true, ring => ring.With(key), CancellationToken.None);
        return text;
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.DisposeAsync();
    }
}
