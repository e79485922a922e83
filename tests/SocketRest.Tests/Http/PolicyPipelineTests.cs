using System.Net;
using SocketRest.Http;

namespace SocketRest.Tests.Http;

public sealed class PolicyPipelineTests
{
    [Theory]
    [InlineData(false)]
#if !DEBUG
    // A debug build makes every async method's state an object.
    [InlineData(true)]
#endif
    public void PlainCall_AllocatesNothing(bool waits)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "http://petstore/");
        using var response = new HttpResponseMessage();
        response.Headers.Add("X-A", "1");
        var answer = new PendingAnswer();
        SendOnce sendOnce = (_, _, _, _) => waits ? answer.Start() : new ValueTask<HttpResponseMessage>(response);
        var settings = new HandlerSettings();
        for (var i = 0; i < 10; i++)
            Send();

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
            Send();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Send()
        {
#pragma warning disable CA2012 // An await would allocate what this test says nobody allocates.
            var pending = PolicyPipeline.SendAsync(request, settings, sendOnce, async: true, default).GetAwaiter();
#pragma warning restore CA2012
            var waited = !pending.IsCompleted;
            if (waits)
                answer.Give(response);
            // Assertions allocate.
            if (waited != waits || pending.GetResult() != response)
                throw new InvalidOperationException("It took another way than it was to.");
        }
    }

    [Fact]
    public void SynchronousSend_NeverWaits()
    {
        var exchange = new FakeExchange(
            FakeExchange.Redirect(HttpStatusCode.Found, "/a"),
            FakeExchange.Redirect(HttpStatusCode.TemporaryRedirect, "/b"),
            FakeExchange.SetCookies("a=1"));
        using var request = new HttpRequestMessage(HttpMethod.Get, "http://petstore/");
        var pending = exchange.SendAsync(request, async: false).AsTask();
        Assert.True(pending.IsCompletedSuccessfully);
        Assert.Equal(3, exchange.Seen.Count);
    }

    [Fact]
    public async Task Redirect_IsFollowedBeforeTheContentIsDecompressed()
    {
        var redirect = FakeExchange.Redirect(HttpStatusCode.Found, "/a");
        redirect.Content.Headers.ContentEncoding.Add("gzip");
        var last = new HttpResponseMessage { Content = new StringContent("") };
        last.Content.Headers.ContentEncoding.Add("gzip");
        var exchange = new FakeExchange(redirect, last) { Settings = { AutomaticDecompression = DecompressionMethods.GZip } };
        using var request = new HttpRequestMessage(HttpMethod.Get, "http://petstore/");
        using var response = await exchange.SendAsync(request);
        Assert.IsType<DecompressedContent>(response.Content);
        Assert.IsNotType<DecompressedContent>(redirect.Content);
        Assert.Equal("gzip", request.Headers.AcceptEncoding.ToString());
    }

    [Fact]
    public async Task Content_IsSentAgain()
    {
        var exchange = new FakeExchange(FakeExchange.Redirect(HttpStatusCode.PermanentRedirect, "/a"), new());
        using var request = new HttpRequestMessage(HttpMethod.Put, "http://petstore/") { Content = new StringContent("text") };
        await exchange.SendAsync(request);
        Assert.Equal([("PUT http://petstore/", null, "text"), ("PUT http://petstore/a", null, "text")], exchange.Seen);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Failure_IsTheCallers(bool async)
    {
        var exchange = new FakeExchange(FakeExchange.Redirect(HttpStatusCode.Found, "/a"));
        using var request = new HttpRequestMessage(HttpMethod.Get, "http://petstore/");
        await Assert.ThrowsAsync<IndexOutOfRangeException>(async () => await exchange.SendAsync(request, async));
    }

    [Fact]
    public void FirstRequest_SealsTheSettings()
    {
        var settings = new HandlerSettings();
        using var request = new HttpRequestMessage();
        // Not this one's to complain about: a request without an address.
        Assert.Null(PolicyPipeline.Prepare(request, settings));
        Assert.Throws<InvalidOperationException>(() => settings.UseCookies = false);
    }
}
