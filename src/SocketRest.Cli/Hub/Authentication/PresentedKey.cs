using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using SocketRest.Cli.Keys;

namespace SocketRest.Cli.Hub.Authentication;

/// <summary>Where a request carries a key: in <c>SocketRest-Key</c>, which leaves Authorization to the agent, or as a Bearer token.</summary>
internal static class PresentedKey
{
    public const string Header = "SocketRest-Key";

    private const string Bearer = "Bearer ";

    /// <summary>What the request presents as a key, good or not, or null.</summary>
    public static string? Of(HttpRequest request) => Token(request) is { } token && token.StartsWith(KeyText.Prefix, StringComparison.Ordinal) ? token : null;

    /// <summary>What the request presents at all: a key, or a token of an identity provider; null for nothing.</summary>
    public static string? Token(HttpRequest request) => request.Headers[Header] is [{ Length: > 0 } own] ? own : Bearers(request.Headers.Authorization);

    /// <summary>The Bearer tokens in one value of an Authorization field, which may be several joined.</summary>
    public static IEnumerable<string> TokensIn(string? value) => (value ?? "").Split(',', StringSplitOptions.TrimEntries).Select(part => Bearers(part)).OfType<string>();

    private static string? Bearers(StringValues authorization) =>
        authorization is [{ } value] && value.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase) ? value[Bearer.Length..].Trim() : null;
}
