using System.Net;
using System.Net.Http.Headers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace SocketRest.AspNetCore.Tests.Conformance;

/// <summary>Redirects and cookies, as <see cref="SocketsHttpHandler"/> follows and keeps them.</summary>
public abstract class RedirectTests<TTransport> : ConformanceTests<TTransport>
    where TTransport : ITransport, new()
{
    private static async Task RedirectAsync(HttpContext context)
    {
        if (context.Request.Path == "/from")
        {
            context.Response.StatusCode = int.Parse(context.Request.Query["status"]!, System.Globalization.CultureInfo.InvariantCulture);
            context.Response.Headers.Location = "/to";
            return;
        }

        using var reader = new StreamReader(context.Request.Body);
        await context.Response.WriteAsync($"{context.Request.Method} {context.Request.Path} {await reader.ReadToEndAsync()}");
    }

    [TheoryIf(Capability.HandlerSettings)]
    [InlineData(301, "GET /to ")]
    [InlineData(302, "GET /to ")]
    [InlineData(303, "GET /to ")]
    [InlineData(307, "POST /to body")]
    [InlineData(308, "POST /to body")]
    public async Task Redirected_post_has_the_method_that_the_status_says(int status, string expected)
    {
        var client = await ServeAsync(RedirectAsync);

        using var response = await client.PostAsync($"/from?status={status}", new StringContent("body"));

        Assert.Equal(expected, await response.Content.ReadAsStringAsync());
        Assert.Equal("/to", response.RequestMessage!.RequestUri!.AbsolutePath);
    }

    [TheoryIf(Capability.HandlerSettings)]
    [InlineData(300)]
    [InlineData(301)]
    [InlineData(302)]
    [InlineData(303)]
    [InlineData(307)]
    [InlineData(308)]
    public async Task Redirected_get_stays_one(int status)
    {
        var client = await ServeAsync(RedirectAsync);

        Assert.Equal("GET /to ", await client.GetStringAsync($"/from?status={status}"));
    }

    [TheoryIf(Capability.HandlerSettings)]
    [InlineData("PUT", 302, "PUT")]
    [InlineData("PUT", 303, "GET")]
    [InlineData("DELETE", 301, "DELETE")]
    [InlineData("DELETE", 303, "GET")]
    public async Task Redirected_other_methods_change_only_for_303(string method, int status, string expected)
    {
        var client = await ServeAsync(RedirectAsync);

        using var response = await client.SendAsync(new HttpRequestMessage(new HttpMethod(method), $"/from?status={status}"));

        Assert.Equal($"{expected} /to ", await response.Content.ReadAsStringAsync());
    }

    [FactIf(Capability.HandlerSettings)]
    public async Task Redirect_is_returned_where_not_followed()
    {
        var host = await StartAsync(app => app.Run(RedirectAsync));

        using var response = await CreateClient(host, new HandlerSettings { AllowAutoRedirect = false }).GetAsync("/from?status=302");

        Assert.Equal(HttpStatusCode.Found, response.StatusCode);
        Assert.Equal("/to", response.Headers.Location?.ToString());
    }

    [FactIf(Capability.HandlerSettings)]
    public async Task Redirect_after_too_many_is_returned()
    {
        var count = 0;
        var host = await StartAsync(app => app.Run(context =>
        {
            context.Response.Redirect($"/{Interlocked.Increment(ref count)}");
            return Task.CompletedTask;
        }));

        using var response = await CreateClient(host, new HandlerSettings { MaxAutomaticRedirections = 3 }).GetAsync("/0");

        Assert.Equal(HttpStatusCode.Found, response.StatusCode);
        Assert.Equal("/4", response.Headers.Location?.ToString());
        Assert.Equal(4, count);
    }

    [TheoryIf(Capability.HandlerSettings)]
    [InlineData(301, null)]
    [InlineData(304, "/to")]
    [InlineData(201, "/to")]
    public async Task Status_or_missing_location_that_is_no_redirect_is_returned(int status, string? location)
    {
        var client = await ServeAsync(context =>
        {
            context.Response.StatusCode = status;
            context.Response.Headers.Location = location;
            return Task.CompletedTask;
        });

        using var response = await client.GetAsync("/");

        Assert.Equal(status, (int)response.StatusCode);
    }

    [FactIf(Capability.HandlerSettings)]
    public async Task Redirect_drops_authorization_and_keeps_the_fragment()
    {
        var client = await ServeAsync(context =>
        {
            if (context.Request.Path == "/from")
            {
                context.Response.Redirect("to?q=1");
                return Task.CompletedTask;
            }

            var headers = context.Request.Headers;
            return context.Response.WriteAsync(
                $"{context.Request.Path}{context.Request.QueryString} {headers.Authorization} {headers["X-Kept"]}");
        });
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "secret");
        client.DefaultRequestHeaders.Add("X-Kept", "yes");

        using var response = await client.GetAsync("/from#part");

        Assert.Equal("/to?q=1  yes", await response.Content.ReadAsStringAsync());
        Assert.Equal("#part", response.RequestMessage!.RequestUri!.Fragment);
    }

    [FactIf(Capability.HandlerSettings)]
    public async Task Cookies_are_kept_and_sent_back()
    {
        var client = await ServeAsync(CountVisitsAsync);

        Assert.Equal("0", await client.GetStringAsync("/"));
        Assert.Equal("1", await client.GetStringAsync("/"));
        Assert.Equal("2", await client.GetStringAsync("/"));
    }

    [FactIf(Capability.HandlerSettings)]
    public async Task Cookies_are_shared_through_their_container()
    {
        var host = await StartAsync(app => app.Run(CountVisitsAsync));
        var container = new CookieContainer();
        container.Add(host.BaseAddress, new Cookie("visits", "7"));

        Assert.Equal("7", await CreateClient(host, new HandlerSettings { CookieContainer = container }).GetStringAsync("/"));
        Assert.Equal("8", await CreateClient(host, new HandlerSettings { CookieContainer = container }).GetStringAsync("/"));
        Assert.Equal("9", container.GetCookies(host.BaseAddress)["visits"]?.Value);
    }

    [Fact]
    public async Task Cookies_are_left_to_the_caller_where_not_used()
    {
        var host = await StartAsync(app => app.Run(CountVisitsAsync));
        var client = CreateClient(host, new HandlerSettings { UseCookies = false });
        client.DefaultRequestHeaders.Add("Cookie", "visits=3");

        Assert.Equal("3", await client.GetStringAsync("/"));
        Assert.Equal("3", await client.GetStringAsync("/"));
    }

    [FactIf(Capability.HandlerSettings)]
    public async Task Cookies_set_by_a_redirect_are_sent_to_its_target()
    {
        var client = await ServeAsync(context =>
        {
            if (context.Request.Path == "/from")
            {
                context.Response.Cookies.Append("login", "done");
                context.Response.Redirect("/to");
                return Task.CompletedTask;
            }

            return context.Response.WriteAsync($"{context.Request.Cookies["login"]}");
        });

        Assert.Equal("done", await client.GetStringAsync("/from"));
    }

    [FactIf(Capability.HandlerSettings)]
    public async Task Cookies_of_another_path_stay_at_home()
    {
        var client = await ServeAsync(context =>
        {
            context.Response.Cookies.Append("scoped", "1", new CookieOptions { Path = "/private" });
            return context.Response.WriteAsync($"{context.Request.Cookies.Count}");
        });

        Assert.Equal("0", await client.GetStringAsync("/"));
        Assert.Equal("0", await client.GetStringAsync("/"));
        Assert.Equal("1", await client.GetStringAsync("/private/room"));
    }

    private static Task CountVisitsAsync(HttpContext context)
    {
        var visits = int.Parse(context.Request.Cookies["visits"] ?? "0", System.Globalization.CultureInfo.InvariantCulture);
        context.Response.Cookies.Append("visits", $"{visits + 1}");
        return context.Response.WriteAsync($"{visits}");
    }
}
