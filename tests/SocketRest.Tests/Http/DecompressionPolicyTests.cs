using System.IO.Compression;
using System.Net;
using System.Text;
using SocketRest.Http;

namespace SocketRest.Tests.Http;

public sealed class DecompressionPolicyTests
{
    private static readonly byte[] s_text = Encoding.UTF8.GetBytes(string.Join(' ', Enumerable.Range(0, 20_000)));

    [Theory]
    [InlineData(DecompressionMethods.None, "", "")]
    [InlineData(DecompressionMethods.All, "", "gzip, deflate, br")]
    [InlineData(DecompressionMethods.Brotli, "", "br")]
    [InlineData(DecompressionMethods.All, "br", "br, gzip, deflate")]
    [InlineData(DecompressionMethods.GZip | DecompressionMethods.Deflate, "GZIP;q=0", "GZIP; q=0.0, deflate")]
    public void AcceptEncoding_NamesWhatIsMissing(DecompressionMethods methods, string own, string expected)
    {
        using var request = new HttpRequestMessage();
        request.Headers.AcceptEncoding.ParseAdd(own);
        DecompressionPolicy.AddAcceptEncoding(request, methods);
        // Sending it a second time adds nothing.
        DecompressionPolicy.AddAcceptEncoding(request, methods);
        Assert.Equal(expected, request.Headers.AcceptEncoding.ToString());
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("GZip")]
    [InlineData("deflate")]
    [InlineData("bare deflate")]
    [InlineData("br")]
    public async Task Content_ReadsDecompressed(string coding)
    {
        var coded = Encode(s_text, coding);
        Assert.Equal(s_text, await Respond(coded, coding).Content.ReadAsByteArrayAsync());

        var asynchronous = new MemoryStream();
        await Respond(coded, coding).Content.CopyToAsync(asynchronous);
        Assert.Equal(s_text, asynchronous.ToArray());

        var synchronous = new MemoryStream();
        Respond(coded, coding).Content.CopyTo(synchronous, null, default);
        Assert.Equal(s_text, synchronous.ToArray());

        using var streamed = Respond(coded, coding);
        var stream = streamed.Content.ReadAsStream();
        var start = new byte[1000];
        stream.ReadExactly(start);
        var rest = new MemoryStream();
        await stream.CopyToAsync(rest);
        Assert.Equal(s_text, start.Concat(rest.ToArray()));
        Assert.Equal(0, stream.Read(start));
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    [InlineData("bare deflate")]
    [InlineData("br")]
    public async Task Content_IsReadToTheEndOfItsBody(string coding)
    {
        // Trailing bytes, so that the decoder is done before the body is.
        byte[] coded = [.. Encode("short"u8.ToArray(), coding), 0, 0, 0];
        foreach (var async in new[] { true, false })
        {
            var body = new TrackedBody(coded);
            using var response = Respond(body, coding);
            var text = new MemoryStream();
            if (async)
                await response.Content.CopyToAsync(text);
            else
                response.Content.CopyTo(text, null, default);
            Assert.Equal("short", Encoding.UTF8.GetString(text.ToArray()));
            Assert.True(body.EndWasRead);
        }
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    [InlineData("br")]
    public async Task EmptyBody_IsEmpty(string coding) => Assert.Empty(await Respond([], coding).Content.ReadAsByteArrayAsync());

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    [InlineData("br")]
    public async Task ErrorOfTheBody_IsTheReaders(string coding)
    {
        var body = new TrackedBody(Encode(s_text, coding)[..^20]) { Error = new IOException("cut") };
        using var response = Respond(body, coding);
        var stream = await response.Content.ReadAsStreamAsync();
        Assert.Same(body.Error, await Assert.ThrowsAsync<IOException>(() => stream.CopyToAsync(Stream.Null)));
    }

    [Fact]
    public async Task WhatWasFlushed_IsReadAtOnce()
    {
        var pipe = new System.IO.Pipelines.Pipe();
        var encoder = new GZipStream(pipe.Writer.AsStream(), CompressionLevel.Optimal);
        using var response = Respond(pipe.Reader.AsStream(), "gzip");
        var stream = await response.Content.ReadAsStreamAsync();
        var buffer = new byte[100];
        for (var i = 0; i < 3; i++)
        {
            await encoder.WriteAsync(Encoding.UTF8.GetBytes($"line {i}\n"));
            await encoder.FlushAsync();
            Assert.Equal($"line {i}\n", Encoding.UTF8.GetString(buffer, 0, await stream.ReadAsync(buffer)));
        }
    }

    [Fact]
    public void Headers_LoseTheLastCodingAndTheLength()
    {
        using var response = new HttpResponseMessage { Content = new ByteArrayContent(Encode(s_text, "gzip")) };
        response.Content.Headers.ContentEncoding.Add("br");
        response.Content.Headers.ContentEncoding.Add("gzip");
        response.Content.Headers.ContentType = new("text/plain");
        response.Content.Headers.ContentLength = 5;
        response.Content.Headers.TryAddWithoutValidation("X-Several", ["1", "2"]);
        DecompressionPolicy.Wrap(response, DecompressionMethods.All);
        Assert.Equal(["br"], response.Content.Headers.ContentEncoding);
        Assert.Equal("text/plain", response.Content.Headers.ContentType?.MediaType);
        Assert.Equal(["1", "2"], response.Content.Headers.GetValues("X-Several"));
        Assert.Null(response.Content.Headers.ContentLength);
    }

    [Theory]
    [InlineData("identity")]
    [InlineData("gzip, identity")]
    [InlineData("br")]
    [InlineData("")]
    public void OtherCodings_AreLeftAlone(string coding)
    {
        var content = new ByteArrayContent([1, 2, 3]);
        using var response = new HttpResponseMessage { Content = content };
        response.Content.Headers.TryAddWithoutValidation("Content-Encoding", coding);
        DecompressionPolicy.Wrap(response, DecompressionMethods.GZip | DecompressionMethods.Deflate);
        Assert.Same(content, response.Content);
    }

    [Fact]
    public async Task Dispose_ReachesTheBody()
    {
        foreach (var disposeStream in new[] { true, false })
        {
            var body = new TrackedBody(Encode(s_text, "gzip"));
            var response = Respond(body, "gzip");
            var stream = await response.Content.ReadAsStreamAsync();
            Assert.Equal(1, await stream.ReadAsync(new byte[1]));
            if (disposeStream)
                await stream.DisposeAsync();
            else
                response.Dispose();
            Assert.True(body.Disposed);
            if (disposeStream)
                await Assert.ThrowsAsync<ObjectDisposedException>(() => stream.CopyToAsync(Stream.Null));
        }
    }

    [Fact]
    public async Task SecondCopy_Fails()
    {
        using var response = Respond(Encode(s_text, "gzip"), "gzip");
        await response.Content.CopyToAsync(Stream.Null);
        await Assert.ThrowsAsync<InvalidOperationException>(() => response.Content.CopyToAsync(Stream.Null));
    }

    private static HttpResponseMessage Respond(byte[] coded, string coding) => Respond(new TrackedBody(coded), coding);

    private static HttpResponseMessage Respond(Stream body, string coding)
    {
        var response = new HttpResponseMessage { Content = new StreamContent(body) };
        response.Content.Headers.ContentEncoding.Add(coding.Replace("bare ", "", StringComparison.Ordinal));
        DecompressionPolicy.Wrap(response, DecompressionMethods.All);
        Assert.IsType<DecompressedContent>(response.Content);
        return response;
    }

    private static byte[] Encode(byte[] text, string coding)
    {
        var coded = new MemoryStream();
        using (Stream encoder = coding.ToLowerInvariant() switch
        {
            "gzip" => new GZipStream(coded, CompressionLevel.Optimal),
            "deflate" => new ZLibStream(coded, CompressionLevel.Optimal),
            "bare deflate" => new DeflateStream(coded, CompressionLevel.Optimal),
            _ => new BrotliStream(coded, CompressionLevel.Optimal),
        })
        {
            encoder.Write(text);
        }

        return coded.ToArray();
    }
}
