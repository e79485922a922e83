using System.Threading.Channels;
using SocketRest.Cli.Expose;

namespace SocketRest.Cli.Tests.Expose;

/// <summary>Keeps what a user would see.</summary>
internal sealed class RecordingView : IExposeView
{
    private readonly Channel<ExposedRequest> _requests = Channel.CreateUnbounded<ExposedRequest>();
    private readonly Channel<IReadOnlyList<Uri>> _online = Channel.CreateUnbounded<IReadOnlyList<Uri>>();
    private readonly Channel<(string State, string? Reason)> _offline = Channel.CreateUnbounded<(string, string?)>();

    /// <summary>Whether it was said and not yet asked for.</summary>
    public bool IsOnline => _online.Reader.TryPeek(out _);

    public Task<ExposedRequest> RequestAsync() => _requests.Reader.ReadAsync().InTime();

    public Task<IReadOnlyList<Uri>> OnlineAsync() => _online.Reader.ReadAsync().InTime();

    /// <summary>The reason of the next state of that name.</summary>
    public async Task<string?> OfflineAsync(string state)
    {
        while (true)
        {
            (string next, string? reason) = await _offline.Reader.ReadAsync().InTime();
            if (next == state)
                return reason;
        }
    }

    public void Online(IReadOnlyList<Uri> addresses, int reconnects) => _online.Writer.TryWrite(addresses);

    public void Offline(string state, string? reason) => _offline.Writer.TryWrite((state, reason));

    public void Finished(ExposedRequest request) => _requests.Writer.TryWrite(request);

    public void Warn(string sentence)
    {
    }

    public ValueTask DisposeAsync() => default;
}
