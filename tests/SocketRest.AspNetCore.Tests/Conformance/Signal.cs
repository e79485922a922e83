using System.Threading.Channels;

namespace SocketRest.AspNetCore.Tests.Conformance;

/// <summary>
/// Lets one side of a test wait, in bounded time, until the other side got somewhere. Each release lets one wait through.
/// </summary>
internal sealed class Signal
{
    private readonly Channel<bool> _releases = Channel.CreateUnbounded<bool>();

    public void Release(int count = 1)
    {
        for (var i = 0; i < count; i++)
        {
            _releases.Writer.TryWrite(true);
        }
    }

    public Task NextAsync() => _releases.Reader.ReadAsync().InTime();
}
