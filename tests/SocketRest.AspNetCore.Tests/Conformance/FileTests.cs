using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.FileProviders;

namespace SocketRest.AspNetCore.Tests.Conformance;

/// <summary>Files: static ones with ranges and conditions, and those that a handler sends.</summary>
public abstract class FileTests<TTransport> : ConformanceTests<TTransport>, IDisposable
    where TTransport : ITransport, new()
{
    private static readonly byte[] Large = Payload.Bytes(300_000);

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("socketrest-files-");

    protected FileTests()
    {
        File.WriteAllText(PathOf("hello.txt"), "hello, static file");
        File.WriteAllBytes(PathOf("large.bin"), Large);
        File.WriteAllText(PathOf("empty.txt"), "");
    }

    public void Dispose()
    {
        _directory.Delete(recursive: true);
        GC.SuppressFinalize(this);
    }

    private string PathOf(string name) => Path.Combine(_directory.FullName, name);

    private Task<HttpClient> ServeFilesAsync() => ServeAsync(app => app.UseStaticFiles(new StaticFileOptions
    {
        FileProvider = new PhysicalFileProvider(_directory.FullName),
        ServeUnknownFileTypes = true,
    }));

    [Fact]
    public async Task Static_file_has_type_length_and_body()
    {
        var client = await ServeFilesAsync();

        using var response = await client.GetAsync("/hello.txt");

        Assert.Equal("hello, static file", await response.Content.ReadAsStringAsync());
        Assert.Equal("text/plain", response.Content.Headers.ContentType?.MediaType);
        Assert.Equal(18, response.Content.Headers.ContentLength);
        Assert.NotNull(response.Headers.ETag);
        Assert.NotNull(response.Content.Headers.LastModified);
    }

    [Fact]
    public async Task Large_and_empty_static_files_are_whole()
    {
        var client = await ServeFilesAsync();

        Assert.Equal(Large, await client.GetByteArrayAsync("/large.bin"));
        Assert.Equal("", await client.GetStringAsync("/empty.txt"));
    }

    [Fact]
    public async Task Head_of_a_static_file_has_its_length()
    {
        var client = await ServeFilesAsync();

        using var response = await client.SendAsync(new HttpRequestMessage(HttpMethod.Head, "/large.bin"));

        Assert.Equal(300_000, response.Content.Headers.ContentLength);
        Assert.Empty(await response.Content.ReadAsByteArrayAsync());
    }

    [Theory]
    [InlineData(0L, 4L, 0, 5)]
    [InlineData(100_000L, 199_999L, 100_000, 100_000)]
    [InlineData(299_990L, null, 299_990, 10)]
    [InlineData(null, 10L, 299_990, 10)]
    public async Task Range_is_a_206(long? from, long? to, int offset, int length)
    {
        var client = await ServeFilesAsync();
        var request = new HttpRequestMessage(HttpMethod.Get, "/large.bin") { Headers = { Range = new RangeHeaderValue(from, to) } };

        using var response = await client.SendAsync(request);

        Assert.Equal(HttpStatusCode.PartialContent, response.StatusCode);
        Assert.Equal($"bytes {offset}-{offset + length - 1}/300000", response.Content.Headers.ContentRange?.ToString());
        Assert.Equal(Large[offset..(offset + length)], await response.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task Range_past_the_end_is_a_416()
    {
        var client = await ServeFilesAsync();
        var request = new HttpRequestMessage(HttpMethod.Get, "/hello.txt") { Headers = { Range = new RangeHeaderValue(100, 200) } };

        using var response = await client.SendAsync(request);

        Assert.Equal(HttpStatusCode.RequestedRangeNotSatisfiable, response.StatusCode);
        Assert.Equal("bytes */18", response.Content.Headers.ContentRange?.ToString());
    }

    [Fact]
    public async Task Known_tag_is_a_304_and_another_is_not()
    {
        var client = await ServeFilesAsync();
        using var first = await client.GetAsync("/hello.txt");
        var known = new HttpRequestMessage(HttpMethod.Get, "/hello.txt") { Headers = { IfNoneMatch = { first.Headers.ETag! } } };
        var other = new HttpRequestMessage(HttpMethod.Get, "/hello.txt") { Headers = { IfNoneMatch = { new("\"0\"") } } };

        using var unchanged = await client.SendAsync(known);
        using var changed = await client.SendAsync(other);

        Assert.Equal(HttpStatusCode.NotModified, unchanged.StatusCode);
        Assert.Equal(first.Headers.ETag, unchanged.Headers.ETag);
        Assert.Empty(await unchanged.Content.ReadAsByteArrayAsync());
        Assert.Equal("hello, static file", await changed.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("/missing.txt")]
    [InlineData("/..%2F..%2Fetc%2Fpasswd")]
    [InlineData("/%2e%2e/%2e%2e/etc/passwd")]
    public async Task Files_outside_are_not_found(string path)
    {
        var client = await ServeFilesAsync();

        using var response = await client.GetAsync(path);

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
    }

    [Fact]
    public async Task Send_file_sends_the_whole_or_a_part()
    {
        var client = await ServeAsync(context => context.Request.Path == "/part"
            ? context.Response.SendFileAsync(PathOf("large.bin"), 1_000, 70_000)
            : context.Response.SendFileAsync(PathOf("large.bin")));

        Assert.Equal(Large, await client.GetByteArrayAsync("/"));
        Assert.Equal(Large[1_000..71_000], await client.GetByteArrayAsync("/part"));
    }

    [Theory]
    [InlineData("hello.txt", 19L, null)]
    [InlineData("hello.txt", -1L, null)]
    [InlineData("hello.txt", 0L, 19L)]
    [InlineData("hello.txt", 0L, -1L)]
    [InlineData("missing.txt", 0L, null)]
    public async Task Send_file_of_what_is_not_there_throws_and_leaves_the_response_to_its_handler(string name, long offset, long? count)
    {
        var client = await ServeAsync(async context =>
        {
            var thrown = await Record.ExceptionAsync(() => context.Response.SendFileAsync(PathOf(name), offset, count));
            await context.Response.WriteAsync($"{thrown?.GetType().Name} {context.Response.HasStarted}");
        });

        Assert.Equal(
            $"{(name == "missing.txt" ? nameof(FileNotFoundException) : nameof(ArgumentOutOfRangeException))} False",
            await client.GetStringAsync("/"));
    }

    [Fact]
    public async Task Send_file_keeps_its_place_between_writes()
    {
        var client = await ServeAsync(async context =>
        {
            await context.Response.WriteAsync("before ");
            await context.Response.SendFileAsync(PathOf("hello.txt"));
            await context.Response.WriteAsync(" after");
        });

        Assert.Equal("before hello, static file after", await client.GetStringAsync("/"));
    }

    [Fact]
    public async Task File_result_supports_ranges()
    {
        var client = await ServeAsync(app => app.MapGet(
            "/file", () => Results.File(PathOf("hello.txt"), "text/plain", "greeting.txt", enableRangeProcessing: true)));
        var request = new HttpRequestMessage(HttpMethod.Get, "/file") { Headers = { Range = new RangeHeaderValue(7, 12) } };

        using var whole = await client.GetAsync("/file");
        using var part = await client.SendAsync(request);

        Assert.Equal("hello, static file", await whole.Content.ReadAsStringAsync());
        Assert.Equal("greeting.txt", whole.Content.Headers.ContentDisposition?.FileNameStar);
        Assert.Equal(HttpStatusCode.PartialContent, part.StatusCode);
        Assert.Equal("static", Encoding.ASCII.GetString(await part.Content.ReadAsByteArrayAsync()));
    }
}
