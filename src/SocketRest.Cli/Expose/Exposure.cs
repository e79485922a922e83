using System.Text.Json;
using System.Text.Json.Nodes;
using SocketRest.Cli.Configuration;

namespace SocketRest.Cli.Expose;

/// <summary>A local service at a hub, for as long as it is wanted.</summary>
internal sealed class Exposure : IAsyncDisposable
{
    private readonly ExposeOptions _options;
    private readonly IExposeView _view;
    private readonly Upstream _upstream;
    private readonly SocketRestClient _client;

    public Exposure(ExposeOptions options, IExposeView view, TimeProvider time)
    {
        _options = options;
        _view = view;
        _upstream = new Upstream(options.Upstream, time, view.Finished);
        var metadata = new JsonObject();
        foreach ((string name, string value) in options.Metadata)
        {
            metadata[name] = value;
        }

        _client = new SocketRestClient(new SocketRestClientOptions
        {
            Uri = options.Hub.TunnelUri,
            Name = options.Name,
            Metadata = metadata,
            RequestHandler = _upstream.SendAsync,
            ServeUpgrades = true,
            AuthorizationProvider = options.Key is { } key ? _ => new ValueTask<string?>($"Bearer {key}") : null,
        });
    }

    /// <summary>Serves until it is asked to end, and then lets finish what runs.</summary>
    /// <exception cref="CommandException">The hub does not want this agent.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        if (KeySetting.Warning(_options.Hub, _options.Key) is { } warning)
        {
            _view.Warn(warning);
        }

        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);

        // One that has begun to enumerate misses nothing.
        IAsyncEnumerator<SocketRestStateChange> changes = _client.StateChanges.GetAsyncEnumerator(over.Token);
        ValueTask<bool> first = changes.MoveNextAsync();
        Task connecting = _client.GetConnectionAsync(over.Token);
        try
        {
            await FollowAsync(changes, first, over.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await DrainAsync().ConfigureAwait(false);
        }
        finally
        {
            await over.CancelAsync().ConfigureAwait(false);
            await connecting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await changes.DisposeAsync().ConfigureAwait(false);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _client.DisposeAsync().ConfigureAwait(false);
        _upstream.Dispose();
    }

    private async Task FollowAsync(IAsyncEnumerator<SocketRestStateChange> changes, ValueTask<bool> next, CancellationToken cancellationToken)
    {
        int connected = 0;
        while (await next.ConfigureAwait(false))
        {
            SocketRestStateChange change = changes.Current;
            switch (change.State)
            {
                case SocketRestConnectionState.Connecting:
                    _view.Offline("connecting", null);
                    break;
                case SocketRestConnectionState.Connected:
                    if (await IsKnownAsync(change.Connection!, cancellationToken).ConfigureAwait(false))
                    {
                        _view.Online(Addresses(change.Connection!), connected++);
                    }

                    break;
                case SocketRestConnectionState.Interrupted:
                    _view.Offline("interrupted", change.Reason?.Message);
                    break;
                case SocketRestConnectionState.Disconnected when connected == 0 && change.Reason?.ErrorCode is SocketRestErrorCode.Unauthorized or SocketRestErrorCode.NotSocketRest:
                    // Later it may be that a key comes back into force; at the beginning it is a mistake that somebody wants to hear of.
                    throw new CommandException(ExitCode.Refused, $"The hub {_options.Hub} does not take this agent: {change.Reason!.Message}{Hint()}", change.Reason);
                case SocketRestConnectionState.Disconnected:
                    _view.Offline("disconnected", change.Reason?.Message);
                    break;
            }

            next = changes.MoveNextAsync();
        }
    }

    /// <summary>The hub reads nothing of a connection before it is in its registry: once it has answered, whoever reads that the agent is online can call it.</summary>
    private static async Task<bool> IsKnownAsync(SocketRestConnection connection, CancellationToken cancellationToken)
    {
        try
        {
            await connection.PingAsync(default, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (SocketRestException)
        {
            // It has ended meanwhile, which the next change says.
            return false;
        }
    }

    private string Hint() => _options.Key is null
        ? $" It wants a key: whoever runs the hub makes one (socketrest keys new agent --name {_options.Name}); pass it in {SharedOptions.Key.Variable} or with {SharedOptions.Key.Name}."
        : "";

    private async Task DrainAsync()
    {
        int running = _client.Connection?.OpenStreams ?? 0;
        _view.Offline("draining", running > 0 ? $"{(running == 1 ? "1 request still runs" : $"{running} requests still run")}; Ctrl+C again cuts off." : null);
        using var limit = new CancellationTokenSource(_options.DrainTimeout);
        try
        {
            await _client.DrainAsync(limit.Token).ConfigureAwait(false);
            _view.Offline("ended", null);
        }
        catch (OperationCanceledException)
        {
            _view.Offline("ended", $"What still ran after {Printable.Time(_options.DrainTimeout)} was cut off.");
        }
    }

    /// <summary>Where the agent can be called, as the hub's metadata says; the way by path is always there.</summary>
    private List<Uri> Addresses(SocketRestConnection connection)
    {
        var addresses = new List<Uri>();
        string path = "/agents";
        if (connection.Metadata.TryGetProperty("hub", out JsonElement hub) && hub.ValueKind == JsonValueKind.Object)
        {
            if (hub.TryGetProperty("hosts", out JsonElement hosts) && hosts.ValueKind == JsonValueKind.Array)
            {
                foreach (JsonElement host in hosts.EnumerateArray())
                {
                    if (host.ValueKind == JsonValueKind.String && Uri.CheckHostName(host.GetString()) == UriHostNameType.Dns)
                    {
                        addresses.Add(_options.Hub.AgentUriBelow(_options.Name, host.GetString()!));
                    }
                }
            }

            if (hub.TryGetProperty("path", out JsonElement given) && given.GetString() is ['/', ..] own)
            {
                path = own;
            }
        }

        return [.. addresses, _options.Hub.AgentUri(_options.Name, path)];
    }
}
