using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using SocketRest.AspNetCore;
using SocketRest.Cli.Configuration;
using SocketRest.Cli.Keys;

namespace SocketRest.Cli.Hub.Authentication;

/// <summary>
/// Puts the key file's changes into force while the hub runs, and ends the connections and requests of keys that are no more. A file that has become wrong changes nothing:
/// to be let in by it, or to be thrown out because somebody saved half of it, would both be worse.
/// </summary>
internal sealed partial class KeyWatcher(HubOptions options, LiveKeys keys, SocketRestConnectionRegistry registry, KeyedRequests requests, TimeProvider time, ILogger<KeyWatcher> logger)
    : BackgroundService
{
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(1);

    private FileState _seen;
    private string? _fault;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(s_interval, time);
        do
        {
            Look();
        }
        while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false));
    }

    private void Look()
    {
        // Before it is read: what changes meanwhile is seen the next time.
        FileState now = FileState.Of(options.KeysFile!);
        if (now == _seen)
        {
            _fault = null;
        }
        else if (TryReload())
        {
            (_seen, _fault) = (now, null);
        }

        // Each time, not only after a change: a connection can be on its way in while its key is taken out.
        foreach (SocketRestConnection connection in registry.Connections)
        {
            if (HubClaims.KeyOf(connection.User) is { } id && !(keys.Current.ById(id) is { Kind: KeyKind.Agent } key && key.IsFor(connection.Name ?? "")))
            {
                ConnectionRevoked(logger, id, connection.Name, connection.Id);
                _ = connection.CloseAsync();
            }
        }

        foreach (string id in requests.AbortWithout(keys.Current))
        {
            RequestRevoked(logger, id);
        }
    }

    private bool TryReload()
    {
        try
        {
            KeyRing ring = KeyFile.Read(options.KeysFile!);
            if (!ring.Keys.SequenceEqual(keys.Current.Keys, KeyComparer.Instance))
            {
                keys.Current = ring;
                KeysChanged(logger, options.KeysFile!, ring.Keys.Length);
            }

            return true;
        }
        catch (CommandException exception)
        {
            if (exception.Message != _fault)
            {
                _fault = exception.Message;
                KeysUnreadable(logger, exception.Message);
            }

            return false;
        }
    }

    [LoggerMessage(1, LogLevel.Information, "The key file {File} has changed: {Count} keys are in force.")]
    private static partial void KeysChanged(ILogger logger, string file, int count);

    [LoggerMessage(2, LogLevel.Error, "The keys that were read before stay in force. {Reason}")]
    private static partial void KeysUnreadable(ILogger logger, string reason);

    [LoggerMessage(3, LogLevel.Warning, "Key {KeyId} is revoked: connection {ConnectionId} of {Name} ends.")]
    private static partial void ConnectionRevoked(ILogger logger, string keyId, string? name, string connectionId);

    [LoggerMessage(4, LogLevel.Warning, "Key {KeyId} is revoked: a request of it ends.")]
    private static partial void RequestRevoked(ILogger logger, string keyId);

    private sealed class KeyComparer : IEqualityComparer<HubKey>
    {
        public static KeyComparer Instance { get; } = new();

        public bool Equals(HubKey? x, HubKey? y) => x!.Id == y!.Id && x.Hash.AsSpan().SequenceEqual(y.Hash.AsSpan()) && x.Kind == y.Kind && x.Names.SequenceEqual(y.Names);

        public int GetHashCode(HubKey obj) => obj.Id.GetHashCode(StringComparison.Ordinal);
    }
}
