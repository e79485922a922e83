namespace SocketRest.Cli.Hub.Authentication;

/// <summary>The section <c>jwt</c> of the configuration file: tokens of an identity provider, beside keys or in place of them.</summary>
internal sealed record JwtOptions
{
    /// <summary>What a token's <c>iss</c> has to be, to the letter.</summary>
    public string? Issuer { get; init; }

    /// <summary>What a token's <c>aud</c> has to be, or to have among others.</summary>
    public string? Audience { get; init; }

    /// <summary>The file with the provider's public keys (a JWK set, RFC 7517). Read anew when it has changed.</summary>
    public string? Keys { get; init; }
}
