using System.Buffers;
using System.Text.Json.Serialization;

namespace SocketRest.Protocol;

/// <summary>New credentials of the dialling side. Not a record: those show their members to whoever prints them.</summary>
internal sealed class ReauthenticateMessage
{
    /// <summary>The largest payload of REAUTHENTICATE and of its answer, in bytes: what servers take of header fields, and no more.</summary>
    public const int MaxSize = 32 * 1024;

    // RFC 9110 section 5.6.2.
    private static readonly SearchValues<char> s_token =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    public required string Scheme { get; init; }

    public required string Credential { get; init; }

    /// <summary>Whether the two make an Authorization field and nothing else. JSON gives null where there should be text.</summary>
    [JsonIgnore]
    public bool IsField =>
        Scheme is { Length: > 0 }
        && Credential is not null
        && !Scheme.AsSpan().ContainsAnyExcept(s_token)
        && !Credential.AsSpan().ContainsAnyExceptInRange(' ', '~');
}
