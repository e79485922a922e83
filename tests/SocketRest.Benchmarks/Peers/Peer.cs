namespace SocketRest.Benchmarks.Peers;

/// <summary>One way to call the application under test: all that a scenario needs is an <see cref="HttpClient"/>.</summary>
internal sealed class Peer : IAsyncDisposable
{
    private readonly IAsyncDisposable[] _owned;

    /// <param name="name">As it stands in the table.</param>
    /// <param name="handler">Carries the calls.</param>
    /// <param name="baseAddress">The authority under which the handler reaches the application.</param>
    /// <param name="version">The version to ask for, where the handler's transport depends on it.</param>
    /// <param name="owned">Disposed after the client, in this order.</param>
    public Peer(string name, HttpMessageHandler handler, Uri baseAddress, Version? version, params IAsyncDisposable[] owned)
    {
        Name = name;
        BaseAddress = baseAddress;
        Client = new HttpClient(handler);
        if (version is not null)
        {
            Client.DefaultRequestVersion = version;
            Client.DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        }

        _owned = owned;
    }

    public string Name { get; }

    public HttpClient Client { get; }

    public Uri BaseAddress { get; }

    /// <summary>The address of one of the application's paths, which begin with a slash: under the base address, whatever that has in front.</summary>
    public Uri At(string path) => new(BaseAddress, path[1..]);

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        foreach (var owned in _owned)
        {
            await owned.DisposeAsync();
        }
    }
}
