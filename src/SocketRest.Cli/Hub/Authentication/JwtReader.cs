using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using SocketRest.Cli.Keys;

namespace SocketRest.Cli.Hub.Authentication;

/// <summary>
/// Knows signed tokens (RFC 7519) of one issuer for one audience. <c>socketrest_agent</c> lists the names that the token's holder may take, <c>socketrest_caller</c> the agents that
/// it may call, each as text or a list; <c>socketrest_operator</c> is true for an operator.
/// </summary>
internal sealed class JwtReader : ICredentialReader
{
    public const string AuthenticationType = "Jwt";

    private const int LongestToken = 16 * 1024;

    /// <summary>Clocks differ.</summary>
    private static readonly TimeSpan s_leeway = TimeSpan.FromSeconds(60);

    private readonly JsonWebTokenHandler _handler = new() { MapInboundClaims = false, MaximumTokenSizeInBytes = LongestToken };
    private readonly TokenValidationParameters _rules;
    private readonly JwtOptions _options;

    public JwtReader(JwtOptions options, JwtKeys keys, TimeProvider time)
    {
        _options = options;
        _rules = new TokenValidationParameters
        {
            ValidIssuer = options.Issuer,
            ValidAudience = options.Audience,
            ValidAlgorithms = [SecurityAlgorithms.RsaSha256, SecurityAlgorithms.RsaSsaPssSha256, SecurityAlgorithms.EcdsaSha256],
            IssuerSigningKeyResolver = (_, token, id, _) => keys.For(((JsonWebToken)token).Alg, id),
            LifetimeValidator = (begins, expires, _, _) => CheckTime(begins, expires, time.GetUtcNow().UtcDateTime),
            LogValidationExceptions = false,
        };
    }

    public async ValueTask<AuthenticateResult> ReadAsync(HttpContext context)
    {
        if (PresentedKey.Token(context.Request) is not { Length: <= LongestToken } text || !TryRead(text, out JsonWebToken? token) || token.Issuer != _options.Issuer)
        {
            // Another issuer's token in Authorization is the agent's business.
            return AuthenticateResult.NoResult();
        }

        if (token.TryGetHeaderValue<object>("crit", out _))
        {
            return AuthenticateResult.Fail("The token asks for extensions that this hub does not know.");
        }

        TokenValidationResult result = await _handler.ValidateTokenAsync(token, _rules).ConfigureAwait(false);
        if (!result.IsValid)
        {
            return AuthenticateResult.Fail(result.Exception switch
            {
                SecurityTokenExpiredException or SecurityTokenNoExpirationException => "The token has expired.",
                SecurityTokenNotYetValidException => "The token is not valid yet.",
                SecurityTokenInvalidAudienceException => "The token is for another audience.",
                _ => "The token's signature is not one of its issuer's.",
            });
        }

        return token.Subject is { Length: > 0 } subject
            ? AuthenticateResult.Success(new AuthenticationTicket(
                User(subject, token), new AuthenticationProperties { ExpiresUtc = token.ValidTo + s_leeway }, HubAuthenticationHandler.Scheme))
            : AuthenticateResult.Fail("The token says of nobody whose it is (sub).");
    }

    /// <summary>Whether it is a token for this hub, good or not. One of the same issuer for another audience is not: it may be meant for an agent.</summary>
    public bool IsOurs(string text) =>
        text.Length <= LongestToken && TryRead(text, out JsonWebToken? token) && token.Issuer == _options.Issuer && token.Audiences.Contains(_options.Audience);

    private bool TryRead(string text, [NotNullWhen(true)] out JsonWebToken? token)
    {
        token = null;
        try
        {
            token = text.AsSpan().Count('.') == 2 && _handler.CanReadToken(text) ? _handler.ReadJsonWebToken(text) : null;
        }
        catch (Exception exception) when (exception is ArgumentException or SecurityTokenException)
        {
            // No token of any kind that this could be.
        }

        return token is not null;
    }

    private static bool CheckTime(DateTime? begins, DateTime? expires, DateTime now) =>
        expires is null ? throw new SecurityTokenNoExpirationException()
        : now >= expires + s_leeway ? throw new SecurityTokenExpiredException()
        : now < begins - s_leeway ? throw new SecurityTokenNotYetValidException()
        : true;

    private ClaimsPrincipal User(string subject, JsonWebToken token)
    {
        var identity = new ClaimsIdentity(AuthenticationType, "sub", ClaimTypes.Role);
        identity.AddClaim(new Claim("sub", subject));
        identity.AddClaim(new Claim("iss", _options.Issuer!));
        Grant(identity, KeyKind.Agent, Texts(token, "socketrest_agent"));
        Grant(identity, KeyKind.Caller, Texts(token, "socketrest_caller"));
        if (token.TryGetPayloadValue("socketrest_operator", out object value) && value is true)
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

    /// <summary>One text, or those of a list.</summary>
    private static IEnumerable<string> Texts(JsonWebToken token, string name) =>
        token.Claims.Where(claim => claim.Type == name && claim.ValueType == ClaimValueTypes.String).Select(claim => claim.Value);
}
