using System.Net;
using Microsoft.AspNetCore.Http;

namespace SocketRest.AspNetCore.Tests.Conformance;

/// <summary>Response headers, from the application to the caller.</summary>
public abstract class ResponseHeaderTests<TTransport> : ConformanceTests<TTransport>
    where TTransport : ITransport, new()
{
    [Theory]
    [InlineData("plain")]
    [InlineData("")]
    [InlineData("inner  double  space\tand tab")]
    [InlineData("q=\"quoted, with comma\"; x='1'")]
    [InlineData("a, b,c ,, d")]
    [InlineData("naïve café")]
    [InlineData("日本語 and 🐕")]
    public async Task Value_arrives_as_it_was_set(string value)
    {
        var client = await ServeAsync(context =>
        {
            context.Response.Headers["X-Value"] = value;
            return Task.CompletedTask;
        });

        using var response = await client.GetAsync("/");

        Assert.Equal([value], response.Headers.GetValues("X-Value"));
    }

    [Fact]
    public async Task Value_of_eight_kilobytes_is_whole()
    {
        var value = new string('v', 8_192);
        var client = await ServeAsync(context =>
        {
            context.Response.Headers["X-Long"] = value;
            return Task.CompletedTask;
        });

        using var response = await client.GetAsync("/");

        Assert.Equal(value, response.Headers.GetValues("X-Long").Single());
    }

    [Fact]
    public async Task Repeated_values_stay_apart_and_in_order()
    {
        var client = await ServeAsync(context =>
        {
            context.Response.Headers["X-Many"] = new(["c", "a, with comma", "b"]);
            context.Response.Headers.Append("X-Many", "a");
            return Task.CompletedTask;
        });

        using var response = await client.GetAsync("/");

        Assert.Equal(["c", "a, with comma", "b", "a"], response.Headers.GetValues("X-Many"));
    }

    [Fact]
    public async Task Hundred_headers_arrive_each_with_its_value()
    {
        var client = await ServeAsync(context =>
        {
            for (var i = 0; i < 100; i++)
            {
                context.Response.Headers[$"X-Header-{i}"] = $"v{i}";
            }

            return Task.CompletedTask;
        });

        using var response = await client.GetAsync("/");

        Assert.All(Enumerable.Range(0, 100), i => Assert.Equal($"v{i}", response.Headers.GetValues($"X-Header-{i}").Single()));
    }

    [Fact]
    public async Task Names_are_found_whatever_their_case()
    {
        var client = await ServeAsync(context =>
        {
            context.Response.Headers["x-mixed-CASE"] = "yes";
            return Task.CompletedTask;
        });

        using var response = await client.GetAsync("/");

        Assert.Equal("yes", response.Headers.GetValues("X-Mixed-Case").Single());
    }

    [Fact]
    public async Task Content_headers_are_found_at_the_content()
    {
        var client = await ServeAsync(context =>
        {
            context.Response.ContentType = "text/html; charset=utf-8";
            context.Response.Headers.ContentLanguage = "de, fr";
            context.Response.Headers.LastModified = "Tue, 01 Jul 2025 10:00:00 GMT";
            context.Response.Headers.Expires = "0";
            context.Response.Headers.Allow = "GET, HEAD";
            context.Response.Headers.ETag = "W/\"7\"";
            context.Response.Headers.Location = "/elsewhere";
            context.Response.Headers.CacheControl = "no-store, max-age=0";
            return Task.CompletedTask;
        });

        using var response = await client.GetAsync("/");

        Assert.Equal("text/html; charset=utf-8", response.Content.Headers.ContentType?.ToString());
        Assert.Equal(["de", "fr"], response.Content.Headers.ContentLanguage);
        Assert.Equal(new DateTimeOffset(2025, 7, 1, 10, 0, 0, TimeSpan.Zero), response.Content.Headers.LastModified);
        Assert.Equal("0", response.Content.Headers.NonValidated["Expires"].ToString());
        Assert.Equal(["GET", "HEAD"], response.Content.Headers.Allow);
        Assert.True(response.Headers.ETag?.IsWeak);
        Assert.Equal("/elsewhere", response.Headers.Location?.ToString());
        Assert.True(response.Headers.CacheControl?.NoStore);
    }

    [Fact]
    public async Task Cookies_arrive_one_by_one()
    {
        var client = await ServeAsync(context =>
        {
            context.Response.Cookies.Append("a", "1", new CookieOptions { HttpOnly = true, Path = "/" });
            context.Response.Cookies.Append("b", "two words", new CookieOptions { SameSite = SameSiteMode.Strict });
            context.Response.Cookies.Delete("c");
            return Task.CompletedTask;
        });

        using var response = await client.GetAsync("/");

        Assert.Equal(
            [
                "a=1; path=/; httponly",
                "b=two%20words; path=/; samesite=strict",
                "c=; expires=Thu, 01 Jan 1970 00:00:00 GMT; path=/",
            ],
            response.Headers.GetValues("Set-Cookie"));
    }

    [TheoryIf(Capability.ValidatesResponseHeaders)]
    [InlineData("X-Value", "line\r\nX-Injected: yes")]
    [InlineData("X-Value", "line\nX-Injected: yes")]
    [InlineData("X-Value", "line\rX-Injected: yes")]
    [InlineData("X-Value", "nul\0byte")]
    [InlineData("Location", "/a\r\nSet-Cookie: stolen=1")]
    [InlineData("Name\r\nX-Injected", "value")]
    public async Task Control_characters_are_refused_where_they_are_set(string name, string value)
    {
        var client = await ServeAsync(context =>
        {
            var refused = Record.Exception(() => context.Response.Headers[name] = value);
            return context.Response.WriteAsync(refused?.GetType().Name ?? "nothing");
        });

        using var response = await client.GetAsync("/");

        Assert.Equal(nameof(InvalidOperationException), await response.Content.ReadAsStringAsync());
        Assert.False(response.Headers.Contains("X-Injected"));
        Assert.False(response.Headers.Contains("Set-Cookie"));
    }

    [FactIf(Capability.ValidatesResponseHeaders)]
    public async Task Control_characters_are_refused_in_the_content_type()
    {
        var client = await ServeAsync(context =>
        {
            Assert.Throws<InvalidOperationException>(() => context.Response.ContentType = "text/plain\r\nX-Injected: yes");
            return Task.CompletedTask;
        });

        using var response = await client.GetAsync("/");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [FactIf(Capability.AddsDate)]
    public async Task Date_is_added()
    {
        var client = await ServeAsync(_ => Task.CompletedTask);

        using var response = await client.GetAsync("/");

        Assert.InRange(response.Headers.Date!.Value, DateTimeOffset.UtcNow.AddMinutes(-1), DateTimeOffset.UtcNow.AddMinutes(1));
    }

    [Fact]
    public async Task Date_of_the_application_wins()
    {
        var client = await ServeAsync(context =>
        {
            context.Response.Headers.Date = "Tue, 01 Jul 2025 10:00:00 GMT";
            return Task.CompletedTask;
        });

        using var response = await client.GetAsync("/");

        Assert.Equal(new DateTimeOffset(2025, 7, 1, 10, 0, 0, TimeSpan.Zero), response.Headers.Date);
    }

    [FactIf(Capability.DropsConnectionHeaders)]
    public async Task Connection_headers_of_the_application_are_dropped()
    {
        var client = await ServeAsync(context =>
        {
            context.Response.Headers.Connection = "close";
            context.Response.Headers.KeepAlive = "timeout=5";
            context.Response.Headers["Proxy-Connection"] = "close";
            context.Response.Headers.Upgrade = "h2c";
            return context.Response.WriteAsync("body");
        });

        using var response = await client.GetAsync("/");

        Assert.Equal("body", await response.Content.ReadAsStringAsync());
        Assert.DoesNotContain(response.Headers, header => header.Key is "Connection" or "Keep-Alive" or "Proxy-Connection" or "Upgrade");
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/")).StatusCode);
    }

    [Fact]
    public async Task Header_that_was_removed_again_is_not_sent()
    {
        var client = await ServeAsync(context =>
        {
            context.Response.Headers["X-Gone"] = "1";
            context.Response.Headers["X-Kept"] = "1";
            context.Response.Headers.Remove("X-Gone");
            context.Response.Headers["X-Null"] = default;
            return Task.CompletedTask;
        });

        using var response = await client.GetAsync("/");

        Assert.True(response.Headers.Contains("X-Kept"));
        Assert.False(response.Headers.Contains("X-Gone"));
        Assert.False(response.Headers.Contains("X-Null"));
    }

    [Fact]
    public async Task Clear_takes_status_headers_and_body_back()
    {
        var client = await ServeAsync(context =>
        {
            context.Response.StatusCode = 500;
            context.Response.Headers["X-Gone"] = "1";
            context.Response.Clear();
            return context.Response.WriteAsync("clean");
        });

        using var response = await client.GetAsync("/");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.False(response.Headers.Contains("X-Gone"));
        Assert.Equal("clean", await response.Content.ReadAsStringAsync());
    }
}
