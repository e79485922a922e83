using System.Net.Http.Headers;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace SocketRest.AspNetCore.Tests.Conformance;

/// <summary>Request headers, from the caller to the application.</summary>
public abstract class RequestHeaderTests<TTransport> : ConformanceTests<TTransport>
    where TTransport : ITransport, new()
{
    [Theory]
    [InlineData("plain")]
    [InlineData("inner  double  space\tand tab")]
    [InlineData("q=\"quoted, with comma\"; x='1'")]
    [InlineData("a, b,c ,, d")]
    [InlineData("naïve café")]
    [InlineData("日本語 and 🐕")]
    [InlineData("!#$%&'*+-.^_`|~:/?=@()<>[]{}\\")]
    public async Task Value_arrives_as_it_was_set(string value)
    {
        var client = await ServeAsync(Describe);
        var request = new HttpRequestMessage(HttpMethod.Get, "/");
        Assert.True(request.Headers.TryAddWithoutValidation("X-Value", value));

        using var response = await client.SendAsync(request);

        Assert.Equal($"1:{value}", await response.Content.ReadAsStringAsync());

        static async Task Describe(HttpContext context)
        {
            var values = context.Request.Headers["X-Value"];
            context.Response.ContentType = "text/plain; charset=utf-8";
            await context.Response.WriteAsync($"{values.Count}:{values}");
        }
    }

    [FactIf(Capability.EmptyRequestHeaders)]
    public async Task Empty_value_is_there_and_empty()
    {
        var client = await ServeAsync(context =>
            context.Response.WriteAsync($"{context.Request.Headers.TryGetValue("X-Empty", out var value)}|{value.Count}|{value}"));
        client.DefaultRequestHeaders.Add("X-Empty", "");

        Assert.Equal("True|1|", await client.GetStringAsync("/"));
    }

    [Fact]
    public async Task Value_of_eight_kilobytes_is_whole()
    {
        var value = new string('v', 8_192);
        var client = await ServeAsync(context => context.Response.WriteAsync(context.Request.Headers["X-Long"].ToString()));
        client.DefaultRequestHeaders.Add("X-Long", value);

        Assert.Equal(value, await client.GetStringAsync("/"));
    }

    [Fact]
    public async Task Repeated_values_keep_their_order()
    {
        var client = await ServeAsync(context =>
            context.Response.WriteAsync(string.Join('|', context.Request.Headers.GetCommaSeparatedValues("X-Many"))));
        client.DefaultRequestHeaders.Add("X-Many", ["c", "a", "b", "a"]);

        Assert.Equal("c|a|b|a", await client.GetStringAsync("/"));
    }

    [Fact]
    public async Task Ninety_headers_arrive_each_with_its_value()
    {
        // Kestrel takes 100 headers by default, those that HttpClient adds included.
        var client = await ServeAsync(context => context.Response.WriteAsync(string.Join(
            ',', Enumerable.Range(0, 90).Select(i => context.Request.Headers[$"X-Header-{i}"].ToString()))));
        for (var i = 0; i < 90; i++)
        {
            client.DefaultRequestHeaders.Add($"X-Header-{i}", $"v{i}");
        }

        Assert.Equal(string.Join(',', Enumerable.Range(0, 90).Select(i => $"v{i}")), await client.GetStringAsync("/"));
    }

    [Fact]
    public async Task Names_are_found_whatever_their_case()
    {
        var client = await ServeAsync(context =>
            context.Response.WriteAsync(context.Request.Headers["x-MIXED-case"] + "|" + context.Request.Headers["USER-AGENT"]));
        client.DefaultRequestHeaders.Add("X-Mixed-Case", "yes");
        client.DefaultRequestHeaders.UserAgent.ParseAdd("conformance/1.0");

        Assert.Equal("yes|conformance/1.0", await client.GetStringAsync("/"));
    }

    [Fact]
    public async Task Same_headers_on_every_request_are_right_every_time()
    {
        var client = await ServeAsync(context =>
        {
            var headers = context.Request.Headers;
            return context.Response.WriteAsync($"{headers["X-Same"]}|{headers["X-Turn"]}|{headers["X-Odd"]}");
        });
        client.DefaultRequestHeaders.Add("X-Same", "constant");
        for (var i = 0; i < 50; i++)
        {
            var request = new HttpRequestMessage(HttpMethod.Get, "/");
            request.Headers.Add("X-Turn", $"{i}");
            if (i % 2 == 1)
            {
                request.Headers.Add("X-Odd", $"odd {i}");
            }

            using var response = await client.SendAsync(request);

            Assert.Equal($"constant|{i}|{(i % 2 == 1 ? $"odd {i}" : "")}", await response.Content.ReadAsStringAsync());
        }
    }

    [Fact]
    public async Task Content_type_keeps_its_charset()
    {
        var client = await ServeAsync(context => context.Response.WriteAsync($"{context.Request.ContentType}"));

        using var response = await client.PostAsync("/", new StringContent("é", Encoding.Latin1, "text/csv"));

        Assert.Equal("text/csv; charset=iso-8859-1", await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Content_headers_arrive_with_the_others()
    {
        var client = await ServeAsync(context =>
        {
            var headers = context.Request.Headers;
            return context.Response.WriteAsync($"{headers.ContentLanguage}|{headers.ContentEncoding}|{headers.ContentDisposition}");
        });
        var content = new ByteArrayContent([1]);
        content.Headers.ContentLanguage.Add("de");
        content.Headers.ContentEncoding.Add("identity");
        content.Headers.ContentDisposition = new ContentDispositionHeaderValue("attachment") { FileName = "a.txt" };

        using var response = await client.PostAsync("/", content);

        Assert.Equal("de|identity|attachment; filename=a.txt", await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Typed_headers_arrive()
    {
        var client = await ServeAsync(context =>
        {
            var headers = context.Request.Headers;
            return context.Response.WriteAsync($"{headers.Authorization}|{headers.IfNoneMatch}|{headers.Range}|{headers.Accept}");
        });
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "abc.def");
        client.DefaultRequestHeaders.IfNoneMatch.Add(new EntityTagHeaderValue("\"tag\"", isWeak: true));
        client.DefaultRequestHeaders.Range = new RangeHeaderValue(1, 5);
        client.DefaultRequestHeaders.Accept.ParseAdd("application/json;q=0.5");

        Assert.Equal("Bearer abc.def|W/\"tag\"|bytes=1-5|application/json; q=0.5", await client.GetStringAsync("/"));
    }

    [Fact]
    public async Task Cookie_header_is_parsed()
    {
        var client = await ServeAsync(context =>
            context.Response.WriteAsync($"{context.Request.Cookies["a"]}|{context.Request.Cookies["b"]}|{context.Request.Cookies.Count}"));
        var request = new HttpRequestMessage(HttpMethod.Get, "/");
        request.Headers.Add("Cookie", "a=1; b=two%20words");

        using var response = await client.SendAsync(request);

        Assert.Equal("1|two words|2", await response.Content.ReadAsStringAsync());
    }

    [TheoryIf(Capability.StopsControlCharacters)]
    [InlineData("line\r\nX-Injected: yes")]
    [InlineData("line\nX-Injected: yes")]
    [InlineData("line\rX-Injected: yes")]
    [InlineData("nul\0byte")]
    public async Task Control_characters_never_pass(string value)
    {
        var client = await ServeAsync(context =>
        {
            var headers = context.Request.Headers;
            return context.Response.WriteAsync(
                $"{headers.ContainsKey("X-Injected")}|{headers["X-Value"].ToString().IndexOfAny(['\r', '\n', '\0'])}");
        });
        var request = new HttpRequestMessage(HttpMethod.Get, "/");
        request.Headers.TryAddWithoutValidation("X-Value", value);

        // Refusing the request and leaving the value out are both right; letting it through is not.
        try
        {
            using var response = await client.SendAsync(request);
            Assert.Equal("False|-1", await response.Content.ReadAsStringAsync());
        }
        catch (HttpRequestException)
        {
        }

        Assert.Equal("False|-1", await client.GetStringAsync("/"));
    }

    [FactIf(Capability.DropsConnectionHeaders)]
    public async Task Connection_headers_of_the_caller_do_not_reach_the_application()
    {
        var client = await ServeAsync(context => context.Response.WriteAsync(
            $"{context.Request.Headers.ContainsKey("Connection")}|{context.Request.Headers.ContainsKey("Transfer-Encoding")}"));
        var request = new HttpRequestMessage(HttpMethod.Post, "/") { Content = Payload.Streamed([1, 2, 3]) };
        request.Headers.ConnectionClose = true;
        request.Headers.TransferEncodingChunked = true;

        using var response = await client.SendAsync(request);

        Assert.Equal("False|False", await response.Content.ReadAsStringAsync());
    }
}
