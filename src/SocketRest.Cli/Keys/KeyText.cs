using System.Buffers;
using System.Buffers.Text;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace SocketRest.Cli.Keys;

/// <summary>
/// Keys as people hold them: <c>sr-agent.4k7qzn2d.SECRET</c>, which fits into an Authorization header as it is and is found by whoever searches for leaked ones.
/// </summary>
internal static class KeyText
{
    public const string Prefix = "sr-";

    private const int SecretBytes = 32;
    private const int IdLength = 8;

    /// <summary>More than any key has: what is longer is not looked at.</summary>
    private const int Longest = 128;

    /// <summary>Lower case letters and digits that nobody takes for others.</summary>
    private const string IdLetters = "23456789abcdefghjkmnpqrstuvwxyz";

    private static readonly SearchValues<char> s_idLetters = SearchValues.Create(IdLetters);

    /// <summary>Makes a key. The text is shown once; only its hash is kept.</summary>
    public static (string Text, HubKey Key) Create(KeyKind kind, ImmutableArray<NamePattern> names, DateTimeOffset now)
    {
        string id = RandomNumberGenerator.GetString(IdLetters, IdLength);
        string text = $"{Prefix}{kind.ToString().ToLowerInvariant()}.{id}.{Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretBytes))}";
        return (text, new HubKey { Id = id, Kind = kind, Names = names, Hash = [.. Hash(text)], Created = now });
    }

    public static bool IsId(string? text) => text is { Length: IdLength } && !text.AsSpan().ContainsAnyExcept(s_idLetters);

    /// <summary>The ID within what is presented as a key. Says nothing of whether the key is good.</summary>
    public static bool TryGetId(ReadOnlySpan<char> presented, [NotNullWhen(true)] out string? id)
    {
        id = null;
        if (presented.Length > Longest || !presented.StartsWith(Prefix, StringComparison.Ordinal))
        {
            return false;
        }

        int begin = presented.IndexOf('.') + 1;
        int length = begin == 0 ? -1 : presented[begin..].IndexOf('.');
        if (length != IdLength)
        {
            return false;
        }

        id = presented.Slice(begin, length).ToString();
        return true;
    }

    public static bool Matches(HubKey key, ReadOnlySpan<char> presented) =>
        CryptographicOperations.FixedTimeEquals(Hash(presented), key.Hash.AsSpan());

    /// <summary>
    /// A plain SHA-256, without salt and without a slow function: those protect passwords that people think of and that can be guessed. These are 256 random bits,
    /// of which there is nothing to guess, and each is its own salt.
    /// </summary>
    private static byte[] Hash(ReadOnlySpan<char> text) => SHA256.HashData(Encoding.UTF8.GetBytes(text.ToArray()));
}
