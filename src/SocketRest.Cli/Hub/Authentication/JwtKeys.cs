using System.Collections.Immutable;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.Tokens;
using SocketRest.Cli.Configuration;

namespace SocketRest.Cli.Hub.Authentication;

/// <summary>The public keys with which tokens are signed: RSA and the curve P-256, each for its own algorithms and no other.</summary>
internal sealed partial class JwtKeys
{
    private const int LargestFile = 1024 * 1024;
    private const int SmallestRsaKey = 2048;

    /// <summary>Anybody can send a token and make the hub look: a file that is wrong is not read for each.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(1);

    private readonly string _path;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Lock _lock = new();
    private ImmutableArray<JsonWebKey> _keys;
    private FileState _seen;
    private string? _fault;
    private long _failed;

    /// <exception cref="CommandException">The file cannot be read, or has no key that can be used.</exception>
    public JwtKeys(string path, TimeProvider time, ILogger logger)
    {
        _path = path;
        _time = time;
        _logger = logger;
        _seen = FileState.Of(path);
        _keys = Read(path);
    }

    /// <exception cref="CommandException">The file cannot be read, or has no key that can be used.</exception>
    public static void Check(string path) => Read(path);

    /// <summary>The keys that may have signed: those of that ID where the token names one.</summary>
    public IEnumerable<JsonWebKey> For(string algorithm, string? id) => Current().Where(key =>
        (string.IsNullOrEmpty(key.Alg) || key.Alg == algorithm) && (string.IsNullOrEmpty(id) || string.IsNullOrEmpty(key.Kid) || key.Kid == id));

    private ImmutableArray<JsonWebKey> Current()
    {
        lock (_lock)
        {
            FileState now = FileState.Of(_path);
            if (now == _seen)
            {
                _fault = null;
            }
            else if (_fault is null || _time.GetElapsedTime(_failed) >= s_patience)
            {
                Reload(now);
            }

            return _keys;
        }
    }

    private void Reload(FileState now)
    {
        try
        {
            _keys = Read(_path);
            (_seen, _fault) = (now, null);
        }
        catch (CommandException exception)
        {
            // Half written, it may be: the provider's keys of before are still its keys.
            _failed = _time.GetTimestamp();
            if (exception.Message != _fault)
            {
                _fault = exception.Message;
                KeysUnreadable(_logger, exception.Message);
            }
        }
    }

    private static ImmutableArray<JsonWebKey> Read(string path)
    {
        try
        {
            if (new FileInfo(path) is { Exists: true, Length: > LargestFile })
            {
                throw Wrong(path, $"has more than {LargestFile} bytes");
            }

            ImmutableArray<JsonWebKey> keys = [.. new JsonWebKeySet(File.ReadAllText(path)).Keys.Where(IsUsable)];
            return keys.IsEmpty ? throw Wrong(path, "has no RSA key of 2048 bits or more and no P-256 key for signatures") : keys;
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException or CryptographicException or NotSupportedException)
        {
            throw Wrong(path, "is no JWK set (RFC 7517)");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Wrong(path, $"cannot be read: {exception.Message}");
        }
    }

    /// <summary>Providers publish keys of other kinds and for other uses as well.</summary>
    private static bool IsUsable(JsonWebKey key) =>
        key.Use is null or "" or JsonWebKeyUseNames.Sig
        && (key.Kty == JsonWebAlgorithmsKeyTypes.RSA ? key.KeySize >= SmallestRsaKey
            : key.Kty == JsonWebAlgorithmsKeyTypes.EllipticCurve && key.Crv == JsonWebKeyECTypes.P256);

    private static CommandException Wrong(string path, string what) => new(ExitCode.Usage, $"The file of the section 'jwt', {path}, {what}.");

    [LoggerMessage(1, LogLevel.Error, "The issuer's keys that were read before stay in force. {Reason}")]
    private static partial void KeysUnreadable(ILogger logger, string reason);
}
