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
    /// The protocol that the request asks for: any of an extended CONNECT, of an Upgrade that of WebSockets. Another Upgrade is an offer that may be
    /// declined (RFC 9110 section 7.8), and has no counterpart in the tunnel that keeps its method.
    /// </summary>
    public static ForwarderProblem? Read(HttpContext context, out string? protocol)
    {
        protocol = null;
        if (context.Features.Get<IHttpExtendedConnectFeature>() is { IsExtendedConnect: true } connect)
        {
            protocol = connect.Protocol;
            return null;
        }

        if (HttpMethods.IsConnect(context.Request.Method))
        {
            return ForwarderProblem.BadTarget("CONNECT is passed on in its extended form only (RFC 8441).");
        }

        if (context.Features.Get<IHttpUpgradeFeature>() is not { IsUpgradableRequest: true }
            || !ForwardedFieldNames.HasToken(context.Request.Headers.Upgrade.ToString(), WebSocket))
        {
            return null;
        }

        if (!HttpMethods.IsGet(context.Request.Method) || context.Request.Headers[KeyHeader].Count != 1)
        {
            return ForwarderProblem.BadFraming("A WebSocket is opened by a GET with one Sec-WebSocket-Key.");
        }

        protocol = WebSocket;
        return null;
    }

    public static async Task RunAsync(HttpContext context, HttpResponseMessage response, Via via, TimeProvider time, CancellationToken aborted)
    {
        Stream agent = response.Content.ReadAsStream(CancellationToken.None);
        ResponseRelay.CopyHead(context.Response, response, via);
        Stream caller = await AcceptAsync(context).ConfigureAwait(false);
        using var cut = CancellationTokenSource.CreateLinkedTokenSource(aborted);
        var silence = new Silence(time);
        Task up = PassAsync(caller, agent, silence, cut.Token);
        Task down = PassAsync(agent, caller, silence: null, cut.Token);
        Task first = await Task.WhenAny(up, down).ConfigureAwait(false);
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

        await cut.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(up, down).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
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
            await context.Response.CompleteAsync().ConfigureAwait(false);
        }

        await Task.WhenAny(up, gone.Task).ConfigureAwait(false);
    }

    private static ValueTask<Stream> AcceptAsync(HttpContext context)
    {
        if (context.Features.Get<IHttpExtendedConnectFeature>() is { IsExtendedConnect: true } connect)
        {
            return connect.AcceptAsync();
        }

        context.Response.Headers.Upgrade = WebSocket;
        context.Response.Headers[AcceptHeader] = UpgradeTranslation.Accept(context.Request.Headers[KeyHeader].ToString());
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
