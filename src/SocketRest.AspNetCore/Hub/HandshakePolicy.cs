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
    /// <exception cref="ConnectionErrorException">The connection is refused.</exception>
    public ValueTask CheckAsync(HttpContext context, ConnectionIdentity identity, CancellationToken cancellationToken, bool reauthenticates = false)
    {
        CheckMetadata(identity.Metadata);
        return options.Value.AuthorizeConnection is { } authorize ? AuthorizeAsync(authorize, context, identity, reauthenticates, cancellationToken) : default;
    }

    private async ValueTask AuthorizeAsync(
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
            throw new ConnectionErrorException(SocketRestErrorCode.InternalError, "Whether this connection is allowed could not be decided.", exception);
        }

        if (!admitted)
        {
            throw new ConnectionErrorException(SocketRestErrorCode.Unauthorized, context.RefusalReason ?? "These credentials are not for a connection of this name.");
        }
    }

    private void CheckMetadata(JsonElement metadata)
    {
        ReadOnlySpan<byte> json = JsonMarshal.GetRawUtf8Value(metadata);
        if (json.Length > options.Value.MaxMetadataSize)
        {
            throw Refusal($"The metadata takes {json.Length} bytes; {options.Value.MaxMetadataSize} is the limit here.");
        }

        var reader = new Utf8JsonReader(json);
        while (reader.Read())
        {
            if (reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray && reader.CurrentDepth >= options.Value.MaxMetadataDepth)
            {
                throw Refusal($"The metadata is more than {options.Value.MaxMetadataDepth} levels deep, which is the limit here.");
            }
        }
    }

    private static ConnectionErrorException Refusal(FormattableString sentence) =>
        new(SocketRestErrorCode.HandshakeRefused, sentence.ToString(CultureInfo.InvariantCulture));
}
