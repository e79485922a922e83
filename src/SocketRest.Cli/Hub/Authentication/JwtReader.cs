using System.Buffers.Text;
using System.Collections.Immutable;
using System.Security.Claims;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using SocketRest.Cli.Keys;

namespace SocketRest.Cli.Hub.Authentication;

/// <summary>
/// Knows signed tokens (RFC 7519) of one issuer for one audience. <c>socketrest_agent</c> lists the names that the token's holder may take, <c>socketrest_caller</c> the agents that
/// it may call, each as text or a list; <c>socketrest_operator</c> is true for an operator.
/// </summary>
internal sealed class JwtReader(JwtOptions options, JwtKeys keys, TimeProvider time) : ICredentialReader
{
    public const string AuthenticationType = "Jwt";

    private const int LongestToken = 16 * 1024;

    /// <summary>Clocks differ.</summary>
    private static readonly TimeSpan s_leeway = TimeSpan.FromSeconds(60);

    public ValueTask<AuthenticateResult> ReadAsync(HttpContext context)
    {
        if (PresentedKey.Token(context.Request) is not { Length: <= LongestToken } token || token.Split('.') is not [var head, var body, var signature])
        {
            return new(AuthenticateResult.NoResult());
        }

        try
        {
            using JsonDocument claims = JsonDocument.Parse(Base64Url.DecodeFromChars(body));

            // Another issuer's token in Authorization is the agent's business.
            return new(Text(claims.RootElement, "iss") == options.Issuer
                ? Check(head, body, signature, claims.RootElement)
                : AuthenticateResult.NoResult());
        }
        catch (Exception exception) when (exception is JsonException or FormatException or InvalidOperationException or ArgumentOutOfRangeException)
        {
            return new(AuthenticateResult.NoResult());
        }
    }

    private AuthenticateResult Check(string head, string body, string signature, JsonElement claims)
    {
        using JsonDocument header = JsonDocument.Parse(Base64Url.DecodeFromChars(head));
        string? algorithm = Text(header.RootElement, "alg");
        byte[] signed = Encoding.ASCII.GetBytes($"{head}.{body}");
        byte[] bytes = Base64Url.DecodeFromChars(signature);
        if (algorithm is null
            || header.RootElement.TryGetProperty("crit", out _)
            || !keys.For(algorithm, Text(header.RootElement, "kid")).Any(key => key.Verifies(algorithm, signed, bytes)))
        {
            return AuthenticateResult.Fail("The token's signature is not one of its issuer's.");
        }

        DateTimeOffset now = time.GetUtcNow();
        if (Time(claims, "exp") is not { } expires || now >= expires + s_leeway)
        {
            return AuthenticateResult.Fail("The token has expired.");
        }

        if (Time(claims, "nbf") is { } begins && now < begins - s_leeway)
        {
            return AuthenticateResult.Fail("The token is not valid yet.");
        }

        if (!List(claims, "aud").Contains(options.Audience, StringComparer.Ordinal))
        {
            return AuthenticateResult.Fail("The token is for another audience.");
        }

        return Text(claims, "sub") is { Length: > 0 } subject
            ? AuthenticateResult.Success(new AuthenticationTicket(
                User(subject, claims), new AuthenticationProperties { ExpiresUtc = expires + s_leeway }, HubAuthenticationHandler.Scheme))
            : AuthenticateResult.Fail("The token says of nobody whose it is (sub).");
    }

    private ClaimsPrincipal User(string subject, JsonElement claims)
    {
        var identity = new ClaimsIdentity(AuthenticationType, "sub", ClaimTypes.Role);
        identity.AddClaim(new Claim("sub", subject));
        identity.AddClaim(new Claim("iss", options.Issuer!));
        Grant(identity, KeyKind.Agent, List(claims, "socketrest_agent"));
        Grant(identity, KeyKind.Caller, List(claims, "socketrest_caller"));
        if (claims.TryGetProperty("socketrest_operator", out JsonElement value) && value.ValueKind == JsonValueKind.True)
        {
            HubClaims.Grant(identity, KeyKind.Operator, []);
        }

        return new ClaimsPrincipal(identity);
    }

    private static void Grant(ClaimsIdentity identity, KeyKind kind, IEnumerable<string> texts)
    {
        ImmutableArray<NamePattern> names = [.. texts.Select(text => (IsName: NamePattern.TryParse(text, out NamePattern name, out _), name)).Where(one => one.IsName).Select(one => one.name)];
        if (!names.IsEmpty)
        {
            HubClaims.Grant(identity, kind, names);
        }
    }

    private static string? Text(JsonElement json, string name) =>
        json.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static IEnumerable<string> List(JsonElement json, string name) => !json.TryGetProperty(name, out JsonElement value) ? [] : value.ValueKind switch
    {
        JsonValueKind.String => [value.GetString()!],
        JsonValueKind.Array => value.EnumerateArray().Where(item => item.ValueKind == JsonValueKind.String).Select(item => item.GetString()!),
        _ => [],
    };

    private static DateTimeOffset? Time(JsonElement json, string name) =>
        json.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double seconds)
            ? DateTimeOffset.FromUnixTimeSeconds((long)Math.Clamp(seconds, 0, 253_402_300_000))
            : null;
}
