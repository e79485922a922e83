using SocketRest.Multiplexing;
using SocketRest.Protocol;

namespace SocketRest.Dialling;

/// <summary>Gives what the provider of credentials yields to the connection that there is at the time.</summary>
internal sealed class CredentialRenewer(SocketRestClientOptions options, Func<SocketRestConnection?> current)
{
    public async Task RenewAsync(CancellationToken cancellationToken)
    {
        if (options.AuthorizationProvider is not { } provider)
        {
            throw new InvalidOperationException($"Credentials can only be renewed where {nameof(options.AuthorizationProvider)} yields them.");
        }

        if (current() is not { } connection)
        {
            // The next attempt to connect asks for credentials anyway.
            return;
        }

        if (connection.Tunnel.Reauthentication is not CredentialRenewal renewal)
        {
            throw new SocketRestException(
                SocketRestErrorCode.NotServed,
                "The other end takes no new credentials on this connection: it has no authentication, or the connection began without credentials that it knows.");
        }

        await renewal.RenewAsync(token => AskAsync(provider, token), cancellationToken).ConfigureAwait(false);
    }

    private static async ValueTask<ReauthenticateMessage> AskAsync(Func<CancellationToken, ValueTask<string?>> provider, CancellationToken cancellationToken)
    {
        const string Provider = nameof(SocketRestClientOptions.AuthorizationProvider);
        string value = await provider(cancellationToken).ConfigureAwait(false)
            ?? throw new InvalidOperationException($"The {Provider} yields no credentials to renew with.");
        value = value.Trim(' ');
        int space = value.IndexOf(' ', StringComparison.Ordinal);
        var message = new ReauthenticateMessage
        {
            Scheme = space < 0 ? value : value[..space],
            Credential = space < 0 ? "" : value[space..].TrimStart(' '),
        };

        // Found here: the other end would end the connection.
        return message.IsField
            ? message
            : throw new SocketRestException(SocketRestErrorCode.InvalidRequest, $"The {Provider}'s value is no Authorization field: a scheme, and what follows in printable ASCII.");
    }
}
