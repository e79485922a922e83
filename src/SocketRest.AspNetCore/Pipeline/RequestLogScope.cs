using System.Collections;

namespace SocketRest.AspNetCore.Pipeline;

/// <summary>What every log entry of a request carries. Made anew for each: a logger may look at it after the request is over.</summary>
internal sealed class RequestLogScope(string connectionId, string requestId, string path) : IReadOnlyList<KeyValuePair<string, object?>>
{
    private string? _text;

    public int Count => 3;

    public KeyValuePair<string, object?> this[int index] => index switch
    {
        0 => new("ConnectionId", connectionId),
        1 => new("RequestId", requestId),
        2 => new("RequestPath", path),
        _ => throw new ArgumentOutOfRangeException(nameof(index)),
    };

    public IEnumerator<KeyValuePair<string, object?>> GetEnumerator()
    {
        for (int i = 0; i < Count; i++)
        {
            yield return this[i];
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public override string ToString() => _text ??= $"ConnectionId:{connectionId} RequestPath:{path} RequestId:{requestId}";
}
