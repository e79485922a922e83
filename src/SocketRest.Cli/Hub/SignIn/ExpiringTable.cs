using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace SocketRest.Cli.Hub.SignIn;

/// <summary>What is found by a random name that nobody can guess, each for the same time. The oldest go where there are too many.</summary>
internal sealed class ExpiringTable<T>(TimeProvider time, TimeSpan lifetime, int most)
    where T : class
{
    private const int NameBytes = 32;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, (T Value, DateTimeOffset Ends)> _byName = new(StringComparer.Ordinal);
    private readonly Queue<(string Name, DateTimeOffset Ends)> _byAge = new();

    /// <summary>Keeps a value, and returns its name.</summary>
    public string Add(T value)
    {
        string name = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(NameBytes));
        DateTimeOffset now = time.GetUtcNow();
        lock (_lock)
        {
            while (_byAge.TryPeek(out (string Name, DateTimeOffset Ends) oldest) && (_byAge.Count >= most || oldest.Ends <= now))
            {
                _byAge.Dequeue();
                _byName.Remove(oldest.Name);
            }

            _byName[name] = (value, now + lifetime);
            _byAge.Enqueue((name, now + lifetime));
        }

        return name;
    }

    public bool TryGet(string name, [NotNullWhen(true)] out T? value)
    {
        lock (_lock)
        {
            return IsAlive(_byName.TryGetValue(name, out (T Value, DateTimeOffset Ends) found), found, out value);
        }
    }

    public bool TryRemove(string name, [NotNullWhen(true)] out T? value)
    {
        lock (_lock)
        {
            return IsAlive(_byName.Remove(name, out (T Value, DateTimeOffset Ends) found), found, out value);
        }
    }

    private bool IsAlive(bool isKnown, (T Value, DateTimeOffset Ends) found, [NotNullWhen(true)] out T? value)
    {
        value = isKnown && found.Ends > time.GetUtcNow() ? found.Value : null;
        return value is not null;
    }
}
