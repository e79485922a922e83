using System.Net;
using System.Net.Http.Json;
using System.Runtime.CompilerServices;
using SocketRest.Benchmarks.App;
using SocketRest.Benchmarks.Measuring;
using SocketRest.Benchmarks.Peers;

namespace SocketRest.Benchmarks.Scenarios;

/// <summary>1 KiB of JSON each way through a typed endpoint.</summary>
internal sealed class PostJson(Peer peer) : ICall
{
    private readonly HttpClient _client = peer.Client;
    private readonly Uri _uri = peer.At(ApplicationUnderTest.JsonPath);

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask InvokeAsync(long number)
    {
        using var response = await _client.PostAsJsonAsync(_uri, Order.Sample with { Id = number }, OrderJsonContext.Default.Order);
        if (response.StatusCode != HttpStatusCode.OK)
        {
            throw new WrongAnswerException($"{_uri} answered {response.StatusCode}.");
        }

        var order = await response.Content.ReadFromJsonAsync(OrderJsonContext.Default.Order);
        if (order is null || order.Id != number || order.Total != Order.SampleTotal || order.Lines.Length != Order.Sample.Lines.Length
            || order.Note != Order.Sample.Note)
        {
            throw new WrongAnswerException($"{_uri} answered with another order than number {number}.");
        }
    }
}
