using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SocketRest.Diagnostics;
using SocketRest.Multiplexing;
using SocketRest.Protocol;

namespace SocketRest.AspNetCore.Hub;

/// <summary>What a dialling side may say of itself. Runs between HELLO and WELCOME, and when credentials are renewed.</summary>
internal sealed class HandshakePolicy(IOptions<SocketRestServerOptions> options, ILogger logger)
{
    /// <summary>Why the connection is refused, or null.</summary>
    public ValueTask<ConnectionErrorException?> CheckAsync(HttpContext context, ConnectionIdentity identity, CancellationToken cancellationToken, bool reauthenticates = false)
    {
        ConnectionErrorException? refusal = Check(identity.Metadata);
        return refusal is null && options.Value.AuthorizeConnection is { } authorize
            ? AuthorizeAsync(authorize, context, identity, reauthenticates, cancellationToken)
            : new(refusal);
    }

    private async ValueTask<ConnectionErrorException?> AuthorizeAsync(
        Func<SocketRestHandshakeContext, ValueTask<bool>> authorize,
        HttpContext http,
        ConnectionIdentity identity,
        bool reauthenticates,
        CancellationToken cancellationToken)
    {
        var context = new SocketRestHandshakeContext
        {
            HttpContext = http,
            User = identity.User,
            Name = identity.Name,
            Instance = identity.Instance,
            Metadata = identity.Metadata,
            PeerServes = identity.PeerServes,
            Reauthenticates = reauthenticates,
            Aborted = cancellationToken,
        };
        bool admitted;
        try
        {
            // Whether or not the application looks at its token.
            admitted = await authorize(context).AsTask().WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            logger.AuthorizeConnectionFailed(identity.Name, identity.RemoteEndPoint?.ToString(), exception);
            return new ConnectionErrorException(SocketRestErrorCode.InternalError, "Whether this connection is allowed could not be decided.", exception);
        }

        return admitted
            ? null
            : new ConnectionErrorException(SocketRestErrorCode.Unauthorized, context.RefusalReason ?? "These credentials are not for a connection of this name.");
    }

    private ConnectionErrorException? Check(JsonElement metadata)
    {
        ReadOnlySpan<byte> json = JsonMarshal.GetRawUtf8Value(metadata);
        if (json.Length > options.Value.MaxMetadataSize)
        {
            return Refusal($"The metadata takes {json.Length} bytes; {options.Value.MaxMetadataSize} is the limit here.");
        }

        var reader = new Utf8JsonReader(json);
        while (reader.Read())
        {
            if (reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray && reader.CurrentDepth >= options.Value.MaxMetadataDepth)
            {
                return Refusal($"The metadata is more than {options.Value.MaxMetadataDepth} levels deep, which is the limit here.");
            }
        }

        return null;
    }

    private static ConnectionErrorException Refusal(FormattableString sentence) =>
        new(SocketRestErrorCode.HandshakeRefused, sentence.ToString(CultureInfo.InvariantCulture));
}
