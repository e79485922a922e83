using System.Net;

namespace SocketRest.Benchmarks.Peers;

/// <summary>Answers from memory: what is allocated through it is what HttpClient and its caller allocate anyway.</summary>
internal sealed class StubHandler : HttpMessageHandler
{
    private readonly HttpStatusCode _status;
    private readonly Version _version;
    private readonly byte[] _body;
    private readonly KeyValuePair<string, string[]>[] _headers;
    private readonly KeyValuePair<string, string[]>[] _contentHeaders;

    private StubHandler(HttpResponseMessage answer, byte[] body)
    {
        _status = answer.StatusCode;
        _version = answer.Version;
        _body = body;
        _headers = Copy(answer.Headers.NonValidated);
        _contentHeaders = Copy(answer.Content.Headers.NonValidated);
    }

    /// <summary>Takes the answer from a real peer, so that both give their callers the same one.</summary>
    public static async Task<StubHandler> RecordAsync(HttpClient client, Uri uri)
    {
        using var answer = await client.GetAsync(uri);
        return new StubHandler(answer, await answer.Content.ReadAsByteArrayAsync());
    }

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var response = new HttpResponseMessage(_status) { Version = _version, RequestMessage = request, Content = new ByteArrayContent(_body) };
        foreach (var (name, values) in _headers)
        {
            response.Headers.TryAddWithoutValidation(name, values);
        }

        foreach (var (name, values) in _contentHeaders)
        {
            response.Content.Headers.TryAddWithoutValidation(name, values);
        }

        return Task.FromResult(response);
    }

    private static KeyValuePair<string, string[]>[] Copy(System.Net.Http.Headers.HttpHeadersNonValidated headers) =>
        [.. headers.Select(header => KeyValuePair.Create(header.Key, header.Value.ToArray()))];
}
