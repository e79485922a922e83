namespace SocketRest.Multiplexing;

/// <summary>Looks at new credentials of one connection for the application.</summary>
internal interface IReauthenticator
{
    /// <summary>Decides. Called on the thread pool, one call at a time.</summary>
    ValueTask<CredentialDecision> DecideAsync(ConnectionIdentity identity, string scheme, string credential, CancellationToken cancellationToken);

    /// <summary>The connection goes on with these credentials.</summary>
    void OnAccepted(CredentialDecision decision);
}
