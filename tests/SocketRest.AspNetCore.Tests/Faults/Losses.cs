using SocketRest.AspNetCore.Tests.Conformance;

namespace SocketRest.AspNetCore.Tests.Faults;

/// <summary>Waits until an end says that it has lost its socket. Begins to listen when it is made.</summary>
internal sealed class Losses(SocketRestClient client, SocketRestConnectionRegistry registry) : IAsyncDisposable
{
    private readonly IAsyncEnumerator<SocketRestStateChange> _dialled = client.StateChanges.GetAsyncEnumerator();
    private readonly IAsyncEnumerator<SocketRestConnectionEvent> _accepted = registry.Events.GetAsyncEnumerator();

    public async Task<SocketRestErrorCode> AtClientAsync()
    {
        do
        {
            Assert.True(await _dialled.MoveNextAsync().InTime());
        }
        while (_dialled.Current.State is not (SocketRestConnectionState.Interrupted or SocketRestConnectionState.Disconnected));
        return _dialled.Current.Reason!.ErrorCode;
    }

    public async Task<SocketRestErrorCode> AtHubAsync()
    {
        do
        {
            Assert.True(await _accepted.MoveNextAsync().InTime());
        }
        while (_accepted.Current.Kind != SocketRestConnectionEventKind.Disconnected);
        return _accepted.Current.Reason!.ErrorCode;
    }

    public async ValueTask DisposeAsync()
    {
        await _dialled.DisposeAsync();
        await _accepted.DisposeAsync();
    }
}
