using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;

namespace SocketRest.Cli.Hub.Authentication;

/// <summary>Knows one kind of credential.</summary>
internal interface ICredentialReader
{
    /// <summary>Whose the request is by this kind of credential; a failure with the reason where it is not good; no result where there is none.</summary>
    ValueTask<AuthenticateResult> ReadAsync(HttpContext context);
}
