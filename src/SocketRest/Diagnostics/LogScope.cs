using System.Collections;

namespace SocketRest.Diagnostics;

/// <summary>What log entries carry beside what they say, by name. Never changes: a logger may look at it when what it was about is over.</summary>
internal sealed class LogScope(params KeyValuePair<string, object?>[] values) : IReadOnlyList<KeyValuePair<string, object?>>
{
    private string? _text;

    public int Count => values.Length;

    public KeyValuePair<string, object?> this[int index] => values[index];

    public IEnumerator<KeyValuePair<string, object?>> GetEnumerator() => values.AsEnumerable().GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public override string ToString() => _text ??= string.Join(' ', values.Select(value => $"{value.Key}:{value.Value}"));
}
