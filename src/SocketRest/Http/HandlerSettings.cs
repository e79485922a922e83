using System.Diagnostics.CodeAnalysis;
using System.Net;

namespace SocketRest.Http;

/// <summary>The switches that users know from <see cref="SocketsHttpHandler"/>, with its defaults and its checks.</summary>
internal sealed class HandlerSettings
{
    private bool _started;
    private CookieContainer? _cookieContainer;

    public bool AllowAutoRedirect
    {
        get;
        set
        {
            ThrowIfStarted();
            field = value;
        }
    } = true;

    public int MaxAutomaticRedirections
    {
        get;
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(value);
            ThrowIfStarted();
            field = value;
        }
    } = 50;

    public bool UseCookies
    {
        get;
        set
        {
            ThrowIfStarted();
            field = value;
        }
    } = true;

    /// <summary>Made when somebody first asks for it, or when the first response sets a cookie; null makes a new one.</summary>
    [AllowNull]
    public CookieContainer CookieContainer
    {
        // Two first responses at once must not each store into a container of their own.
        get => LazyInitializer.EnsureInitialized(ref _cookieContainer, static () => new CookieContainer());
        set
        {
            ThrowIfStarted();
            _cookieContainer = value;
        }
    }

    public DecompressionMethods AutomaticDecompression
    {
        get;
        set
        {
            ThrowIfStarted();
            field = value;
        }
    }

    /// <summary>Whether a request might have a cookie to carry; asks without making the container.</summary>
    public bool HasCookies => UseCookies && Volatile.Read(ref _cookieContainer) is { Count: > 0 };

    /// <summary>From the first request on the settings stay as they are, since requests read them at different times.</summary>
    public void Start()
    {
        // Read first: every request passes here, and a write would take the cache line from the other cores.
        if (!_started)
            _started = true;
    }

    private void ThrowIfStarted()
    {
        if (_started)
            throw new InvalidOperationException("The handler has sent a request already: its settings can no longer be changed.");
    }
}
