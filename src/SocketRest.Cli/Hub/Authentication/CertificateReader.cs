using System.Security.Claims;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using SocketRest.Cli.Keys;

namespace SocketRest.Cli.Hub.Authentication;

/// <summary>Knows client certificates of one authority. The common name is the name that the agent may take, and all that it may do.</summary>
internal sealed class CertificateReader(CertificateOptions options, X509Certificate2Collection authority) : ICredentialReader
{
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";
    private const string CommonName = "2.5.4.3";

    private static readonly object s_resultKey = new();

    public async ValueTask<AuthenticateResult> ReadAsync(HttpContext context)
    {
        if (await context.Connection.GetClientCertificateAsync(context.RequestAborted).ConfigureAwait(false) is not { } certificate)
        {
            return AuthenticateResult.NoResult();
        }

        // It is the connection's, and so is what came of it.
        IDictionary<object, object?>? items = context.Features.Get<IConnectionItemsFeature>()?.Items;
        if (items?.TryGetValue(s_resultKey, out object? known) == true && known is AuthenticateResult result)
        {
            return result;
        }

        result = Check(certificate);
        if (items is not null)
        {
            items[s_resultKey] = result;
        }

        return result;
    }

    private AuthenticateResult Check(X509Certificate2 certificate)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(authority);
        chain.ChainPolicy.ExtraStore.AddRange(authority);
        chain.ChainPolicy.RevocationMode = options.CheckRevocation ? X509RevocationMode.Online : X509RevocationMode.NoCheck;
        chain.ChainPolicy.ApplicationPolicy.Add(new System.Security.Cryptography.Oid(ClientAuthentication));
        if (!chain.Build(certificate))
        {
            return AuthenticateResult.Fail($"The client certificate is not good: {string.Join(", ", chain.ChainStatus.Select(status => status.Status))}.");
        }

        string[] names = [.. certificate.SubjectName.EnumerateRelativeDistinguishedNames()
            .Where(part => !part.HasMultipleElements && part.GetSingleElementType().Value == CommonName)
            .Select(part => part.GetSingleElementValue() ?? "")];
        if (names is not [var name] || AgentName.Fault(name) is not null || !NamePattern.TryParse(name, out NamePattern pattern, out _))
        {
            return AuthenticateResult.Fail($"The client certificate's common name is no agent's name: {AgentName.Rule}.");
        }

        var identity = new ClaimsIdentity("Certificate", "sub", ClaimTypes.Role);
        identity.AddClaim(new Claim("sub", $"certificate of {name}"));
        HubClaims.Grant(identity, KeyKind.Agent, [pattern]);
        return AuthenticateResult.Success(new AuthenticationTicket(
            new ClaimsPrincipal(identity), new AuthenticationProperties { ExpiresUtc = certificate.NotAfter.ToUniversalTime() }, HubAuthenticationHandler.Scheme));
    }
}
