using SocketRest.Cli.Keys;

namespace SocketRest.Cli.Hub.Authentication;

/// <summary>The keys that are in force at the moment.</summary>
internal sealed class LiveKeys(KeyRing ring)
{
    private volatile KeyRing _current = ring;

    public KeyRing Current
    {
        get => _current;
        set => _current = value;
    }
}
