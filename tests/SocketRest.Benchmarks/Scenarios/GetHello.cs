using System.Net;
using System.Runtime.CompilerServices;
using SocketRest.Benchmarks.App;
using SocketRest.Benchmarks.Measuring;
using SocketRest.Benchmarks.Peers;

namespace SocketRest.Benchmarks.Scenarios;

/// <summary>A GET with a 13-byte answer.</summary>
internal sealed class GetHello(Peer peer) : ICall
{
    private readonly HttpClient _client = peer.Client;
    private readonly Uri _uri = peer.At(ApplicationUnderTest.HelloPath);

    // Pooled, so that the measuring itself allocates nothing.
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask InvokeAsync(long number)
    {
        using var response = await _client.GetAsync(_uri);
        var body = await response.Content.ReadAsByteArrayAsync();
        if (response.StatusCode != HttpStatusCode.OK || !body.AsSpan().SequenceEqual(ApplicationUnderTest.Hello))
        {
            throw new WrongAnswerException($"{_uri} answered {response.StatusCode} with {body.Length} bytes.");
        }
    }
}
