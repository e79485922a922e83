using System.Buffers.Text;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text.Json;
using SocketRest.Cli.Configuration;

namespace SocketRest.Cli.Hub.Authentication;

/// <summary>The public keys with which tokens are signed: RSA and the curve P-256, each for its own algorithms and no other.</summary>
internal sealed class JwtKeys
{
    private const int LargestFile = 1024 * 1024;
    private const int SmallestRsaKey = 2048;

    private readonly string _path;
    private readonly Lock _lock = new();
    private ImmutableArray<JwtKey> _keys;
    private DateTime _written;

    /// <exception cref="CommandException">The file cannot be read, or has no key that can be used.</exception>
    public JwtKeys(string path)
    {
        _path = path;
        _written = File.GetLastWriteTimeUtc(path);
        _keys = Read(path);
    }

    /// <summary>The keys that may have signed: those of that ID where the token names one.</summary>
    public IEnumerable<JwtKey> For(string algorithm, string? id) =>
        Current().Where(key => key.Allows(algorithm) && (id is null || key.Id is null || key.Id == id));

    private ImmutableArray<JwtKey> Current()
    {
        lock (_lock)
        {
            DateTime written = File.GetLastWriteTimeUtc(_path);
            if (written != _written)
            {
                _written = written;
                try
                {
                    _keys = Read(_path);
                }
                catch (CommandException)
                {
                    // Half written, it may be: the provider's keys of before are still its keys.
                }
            }

            return _keys;
        }
    }

    private static ImmutableArray<JwtKey> Read(string path)
    {
        try
        {
            if (new FileInfo(path) is { Exists: true, Length: > LargestFile })
            {
                throw Wrong(path, $"has more than {LargestFile} bytes");
            }

            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
            ImmutableArray<JwtKey> keys = [.. document.RootElement.GetProperty("keys").EnumerateArray().Select(Parse).OfType<JwtKey>()];
            return keys.IsEmpty ? throw Wrong(path, "has no RSA key of 2048 bits or more and no P-256 key for signatures") : keys;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or KeyNotFoundException or FormatException or CryptographicException)
        {
            throw Wrong(path, "is no JWK set (RFC 7517)");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Wrong(path, $"cannot be read: {exception.Message}");
        }
    }

    /// <summary>Null for a key of another kind or for another use: providers publish several.</summary>
    private static JwtKey? Parse(JsonElement json)
    {
        string? Text(string name) => json.TryGetProperty(name, out JsonElement value) ? value.GetString() : null;
        byte[] Number(string name) => Base64Url.DecodeFromChars(Text(name) ?? throw new FormatException());

        if (Text("use") is { } use && use != "sig")
        {
            return null;
        }

        if (Text("kty") == "RSA")
        {
            var rsa = RSA.Create(new RSAParameters { Modulus = Number("n"), Exponent = Number("e") });
            return rsa.KeySize >= SmallestRsaKey ? new JwtKey(Text("kid"), Text("alg"), rsa) : null;
        }

        return Text("kty") == "EC" && Text("crv") == "P-256"
            ? new JwtKey(Text("kid"), Text("alg"), ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = new ECPoint { X = Number("x"), Y = Number("y") } }))
            : null;
    }

    private static CommandException Wrong(string path, string what) => new(ExitCode.Usage, $"The file of the section 'jwt', {path}, {what}.");
}
