using System.Buffers;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using SocketRest.Http;

namespace SocketRest.AspNetCore.Hub.Forwarding;

/// <summary>Opens the other protocol that a caller asks for at the agent too, and passes on what comes in both directions.</summary>
internal static class UpgradeRelay
{
    private const string WebSocket = "websocket";
    private const string KeyHeader = "Sec-WebSocket-Key";
    private const string AcceptHeader = "Sec-WebSocket-Accept";
    private const int BufferSize = 16 * 1024;

    /// <summary>
    /// The protocol that the request asks for: that of an extended CONNECT, or of an Upgrade. An Upgrade to anything but WebSockets is an offer, which the agent may decline
    /// (RFC 9110 section 7.8).
    /// </summary>
    public static ForwarderProblem? Read(HttpContext context, out string? protocol)
    {
        protocol = null;
        HttpRequest request = context.Request;
        if (context.Features.Get<IHttpExtendedConnectFeature>() is { IsExtendedConnect: true } connect)
        {
            protocol = connect.Protocol;
            return string.Equals(protocol, WebSocket, StringComparison.OrdinalIgnoreCase) || (protocol is not null && UpgradeTranslation.OfferIn(protocol) == protocol) ? null
                : ForwarderProblem.BadTarget("CONNECT is passed on for one protocol, and not for another version of HTTP or TLS.");
        }

        if (HttpMethods.IsConnect(request.Method))
        {
            return ForwarderProblem.BadTarget("CONNECT is passed on in its extended form only (RFC 8441).");
        }

        if (request.Headers.Upgrade.Count == 0 || context.Features.Get<IHttpUpgradeFeature>() is not { IsUpgradableRequest: true })
        {
            return null;
        }

        string upgrade = request.Headers.Upgrade.ToString();
        if (!ForwardedFieldNames.HasToken(upgrade, WebSocket))
        {
            // HTTP/1.0 has no such thing; nothing can follow an answer to HEAD.
            protocol = HttpProtocol.IsHttp11(request.Protocol) && !HttpMethods.IsHead(request.Method) ? UpgradeTranslation.OfferIn(upgrade) : null;
            return null;
        }

        if (!HttpMethods.IsGet(request.Method) || request.Headers[KeyHeader].Count != 1)
        {
            return ForwarderProblem.BadFraming("A WebSocket is opened by a GET with one Sec-WebSocket-Key.");
        }

        protocol = WebSocket;
        return null;
    }

    /// <summary>Whether the caller can do without the protocol.</summary>
    public static bool IsOffer(HttpContext context, string protocol) =>
        !ReferenceEquals(protocol, WebSocket) && context.Features.Get<IHttpExtendedConnectFeature>() is not { IsExtendedConnect: true };

    /// <summary>Whether the agent has accepted the protocol.</summary>
    public static bool IsAccepted(HttpResponseMessage response) => response.Content.ReadAsStream(CancellationToken.None) is DuplexStream;

    public static async Task RunAsync(HttpContext context, string protocol, HttpResponseMessage response, Via via, TimeProvider time, CancellationToken aborted)
    {
        Stream agent = response.Content.ReadAsStream(CancellationToken.None);
        ResponseRelay.CopyHead(context.Response, response, via);
        context.Response.ContentLength = null;
        Stream caller = await AcceptAsync(context, protocol).ConfigureAwait(false);
        using var cut = CancellationTokenSource.CreateLinkedTokenSource(aborted);
        var silence = new Silence(time);
        Task up = PassAsync(caller, agent, silence, cut.Token);
        Task down = PassAsync(agent, caller, silence: null, cut.Token);
        Task first = await Task.WhenAny(up, down).ConfigureAwait(false);
        try
        {
            if (first.IsCompletedSuccessfully && agent is DuplexStream duplex)
            {
                if (first == up)
                {
                    // The caller says no more and may still listen.
                    duplex.EndWriting();
                    await ((Task)down).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                }
                else
                {
                    await HearOutAsync(context, duplex, up, silence, cut).ConfigureAwait(false);
                }
            }
        }
        finally
        {
            await cut.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(up, down).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        if (first.IsFaulted || down.IsFaulted)
        {
            throw new ResponseBrokeOffException((down.IsFaulted ? down : first).Exception!.InnerException!);
        }

        await first.ConfigureAwait(false);
    }

    /// <summary>
    /// The agent says no more and may still listen: until the caller has said all, or the agent is gone, or nothing came for too long from a caller that HTTP/1.1 gives no way
    /// to be told.
    /// </summary>
    private static async Task HearOutAsync(HttpContext context, DuplexStream agent, Task up, Silence silence, CancellationTokenSource cut)
    {
        var gone = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        agent.OnUnheard(() => gone.TrySetResult());
        using IDisposable limit = silence.Limit(cut);
        if (context.Features.Get<IHttpExtendedConnectFeature>() is { IsExtendedConnect: true } && !gone.Task.IsCompleted)
        {
            // Where this fails the caller has left, and what it says ends too.
            await context.Response.CompleteAsync().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await Task.WhenAny(up, gone.Task).ConfigureAwait(false);
    }

    private static ValueTask<Stream> AcceptAsync(HttpContext context, string protocol)
    {
        if (context.Features.Get<IHttpExtendedConnectFeature>() is { IsExtendedConnect: true } connect)
        {
            return connect.AcceptAsync();
        }

        context.Response.Headers.Upgrade = protocol;
        if (ReferenceEquals(protocol, WebSocket))
        {
            context.Response.Headers[AcceptHeader] = UpgradeTranslation.Accept(context.Request.Headers[KeyHeader].ToString());
        }

        return new(context.Features.GetRequiredFeature<IHttpUpgradeFeature>().UpgradeAsync());
    }

    private static async Task PassAsync(Stream from, Stream to, Silence? silence, CancellationToken cancellationToken)
    {
        while (true)
        {
            // Without a buffer at first: thousands of WebSockets wait most of their time.
            await from.ReadAsync(Memory<byte>.Empty, cancellationToken).ConfigureAwait(false);
            byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
            try
            {
                int count = await from.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
                if (count == 0)
                {
                    return;
                }

                silence?.Break();
                await to.WriteAsync(buffer.AsMemory(0, count), cancellationToken).ConfigureAwait(false);
                await to.FlushAsync(cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }
    }
}
