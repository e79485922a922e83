using System.Collections.Frozen;
using System.Collections.Immutable;

namespace SocketRest.Cli.Keys;

/// <summary>The keys that are in force. Does not change; another takes its place.</summary>
internal sealed class KeyRing
{
    private readonly FrozenDictionary<string, HubKey> _byId;

    /// <exception cref="ArgumentException">Two keys have one ID.</exception>
    public KeyRing(IEnumerable<HubKey> keys)
    {
        Keys = [.. keys];
        _byId = Keys.ToDictionary(key => key.Id, StringComparer.Ordinal).ToFrozenDictionary(StringComparer.Ordinal);
    }

    public static KeyRing Empty { get; } = new([]);

    public ImmutableArray<HubKey> Keys { get; }

    /// <summary>The key that was presented, or null where it is none of these.</summary>
    public HubKey? Find(ReadOnlySpan<char> presented) =>
        KeyText.TryGetId(presented, out string? id) && _byId.TryGetValue(id, out HubKey? key) && KeyText.Matches(key, presented) ? key : null;

    /// <summary>The key with that ID, or null.</summary>
    public HubKey? ById(string id) => _byId.GetValueOrDefault(id);

    public KeyRing With(HubKey key) => new(Keys.Add(key));

    public KeyRing Without(HubKey key) => new(Keys.Remove(key));
}
