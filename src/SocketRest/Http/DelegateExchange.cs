using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using SocketRest.Diagnostics;
using SocketRest.Multiplexing;
using SocketRest.Protocol;
using SocketRest.Protocol.Hpack;

namespace SocketRest.Http;

/// <summary>One request that a delegate answers.</summary>
internal sealed class DelegateExchange(DelegateServer server, TunnelStream stream) : IServerExchange
{
    private CancellationTokenSource? _aborted;
    private bool _offered;

    void IThreadPoolWorkItem.Execute() => _ = RunAsync();

    void IServerExchange.OnAborted(SocketRestException reason)
    {
        try
        {
            _aborted?.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The exchange ended in this very moment: there is nobody left to tell. What a callback throws comes as an AggregateException.
        }
        catch (AggregateException exception)
        {
            server.Logger.ExchangeFailed(stream.Connection.Identity.Id, exception);
        }
    }

    private async Task RunAsync()
    {
        var aborted = new CancellationTokenSource();
        _aborted = aborted;
        try
        {
            if (stream.IsFaulted)
            {
                return;
            }

            using HttpRequestMessage? request = RequestReader.Read(stream, server.ServesUpgrades, out _offered, out string? fault);
            if (request is null)
            {
                stream.ResetMalformed(fault!);
                return;
            }

            using HttpResponseMessage response = await AnswerAsync(request, aborted.Token).ConfigureAwait(false);
            await SendAsync(request, response, aborted.Token).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            if (!stream.IsFaulted)
            {
                server.Logger.ExchangeFailed(stream.Connection.Identity.Id, exception);
                stream.Reset(new SocketRestException(SocketRestErrorCode.ApplicationAborted, "The answering side failed after its response had begun.", RequestOutcome.Executed));
            }
        }
        finally
        {
            _aborted = null;
            stream.Release();
            aborted.Dispose();
        }
    }

    /// <summary>Asks the handler and writes the head, which is not sent yet: whatever fails up to here is a 500.</summary>
    private async Task<HttpResponseMessage> AnswerAsync(HttpRequestMessage request, CancellationToken aborted)
    {
        HttpResponseMessage? response = null;
        try
        {
            response = await server.Handler(request, aborted).ConfigureAwait(false)
                ?? throw new InvalidOperationException("The request handler returned no response.");
            WriteHead(response);
            return response;
        }
        catch (Exception exception) when (!aborted.IsCancellationRequested)
        {
            server.Logger.ExchangeFailed(stream.Connection.Identity.Id, exception);
            response?.Dispose();
            response = new HttpResponseMessage(HttpStatusCode.InternalServerError);
            stream.Head.Clear();
            WriteHead(response);
            return response;
        }
    }

    private async Task SendAsync(HttpRequestMessage request, HttpResponseMessage response, CancellationToken aborted)
    {
        bool hasBody = request.Method != HttpMethod.Head && (int)response.StatusCode is not (204 or 304);
        if (!hasBody)
        {
            HeaderList? trailers = Trailers(response);
            stream.SendHead(endStream: trailers is null, trailers is null ? SendUrgency.Now : SendUrgency.Later);
            if (trailers is not null)
            {
                stream.EndOutput(trailers, SendUrgency.Now);
            }

            return;
        }

        stream.SendHead(endStream: false, SendUrgency.Pool);
        var body = new RequestBodyStream(stream, response.Content.Headers.ContentLength, flushEachWrite: true);
        await using (body.ConfigureAwait(false))
        {
            await response.Content.CopyToAsync(body, aborted).ConfigureAwait(false);
            body.CheckComplete();
        }

        stream.EndOutput(Trailers(response), SendUrgency.Now);
    }

    private void WriteHead(HttpResponseMessage response)
    {
        int status = (int)response.StatusCode;
        bool accepted = _offered && server.ServesUpgrades && response.StatusCode == HttpStatusCode.SwitchingProtocols;
        if (status < 200 && !accepted)
        {
            throw new InvalidOperationException($"The request handler returned the status {status}: an answer has one from 200 to 999.");
        }

        HeaderList head = stream.Head;
        head.Add(KnownHeaders.Status, accepted ? "200" : status.ToString(CultureInfo.InvariantCulture));
        _ = response.Content.Headers.ContentLength;
        Add(head, response.Headers.NonValidated);
        Add(head, response.Content.Headers.NonValidated);
        if (_offered && !accepted && response.IsSuccessStatusCode)
        {
            head.Add(SubProtocol.OfferHeader, SubProtocol.Declined);
        }

        if (head.EncodedBound > FrameHeader.MaxPayload)
        {
            throw new InvalidOperationException($"The response's header fields take up to {head.EncodedBound} bytes; {FrameHeader.MaxPayload} is the limit.");
        }
    }

    private static HeaderList? Trailers(HttpResponseMessage response)
    {
        var trailers = new HeaderList();
        Add(trailers, response.TrailingHeaders.NonValidated);
        return trailers.Count > 0 ? trailers : null;
    }

    private static void Add(HeaderList list, HttpHeadersNonValidated headers)
    {
        foreach (KeyValuePair<string, HeaderStringValues> header in headers)
        {
            if (RequestHead.IsOfTheConnection(header.Key))
            {
                continue;
            }

            foreach (string value in header.Value)
            {
                if (!HeaderRules.IsValidValue(value))
                {
                    throw new InvalidOperationException($"The value of '{header.Key}' holds a control character.");
                }

                list.Add(header.Key, value);
            }
        }
    }
}
