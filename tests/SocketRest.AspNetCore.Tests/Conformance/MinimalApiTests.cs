using System.Net;
using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace SocketRest.AspNetCore.Tests.Conformance;

/// <summary>Endpoints of minimal APIs: routing, binding, filters, typed results and streams.</summary>
public abstract class MinimalApiTests<TTransport> : ConformanceTests<TTransport>
    where TTransport : ITransport, new()
{
    [Fact]
    public async Task Route_query_header_and_body_are_bound()
    {
        var client = await ServeAsync(app => app.MapPut(
            "/items/{id:int}",
            (int id, string? q, [Microsoft.AspNetCore.Mvc.FromHeader(Name = "X-Tag")] string tag, Item item) =>
                $"{id} {q} {tag} {item.Name}"));
        client.DefaultRequestHeaders.Add("X-Tag", "tag");

        using var response = await client.PutAsJsonAsync("/items/5?q=%C3%A9", new Item("thing"));

        Assert.Equal("5 é tag thing", await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Encoded_slash_stays_in_its_segment()
    {
        var client = await ServeAsync(app => app.MapGet("/files/{name}/info", (string name) => name));

        if (Offers(Capability.RawTarget))
        {
            Assert.Equal("a%2Fb", await client.GetStringAsync("/files/a%2Fb/info"));
        }

        Assert.Equal("a b", await client.GetStringAsync("/files/a%20b/info"));
    }

    [Fact]
    public async Task Typed_results_set_status_and_body()
    {
        var client = await ServeAsync(app => app.MapGet(
            "/items/{id:int}",
            Results<Ok<Item>, NotFound, Conflict<string>> (int id) => id switch
            {
                1 => TypedResults.Ok(new Item("one")),
                2 => TypedResults.Conflict("two"),
                _ => TypedResults.NotFound(),
            }));

        Assert.Equal(new Item("one"), await client.GetFromJsonAsync<Item>("/items/1"));
        using var conflict = await client.GetAsync("/items/2");
        Assert.Equal(HttpStatusCode.Conflict, conflict.StatusCode);
        Assert.Equal("\"two\"", await conflict.Content.ReadAsStringAsync());
        using var missing = await client.GetAsync("/items/3");
        Assert.Equal(HttpStatusCode.NotFound, missing.StatusCode);
    }

    [Theory]
    [InlineData(60_000)]
    [InlineData(2_000_000)]
    public async Task Value_larger_than_a_window_is_bound_from_json_and_from_a_form(int length)
    {
        var client = await ServeAsync(app =>
        {
            app.MapPost("/json", (Item item) => item.Name.Length);
            app.MapPost("/form", async (HttpRequest request) => (await request.ReadFormAsync())["name"].ToString().Length);
        });
        var value = new string('v', length);

        using var json = await client.PostAsJsonAsync("/json", new Item(value)).InTime();
        using var form = await client.PostAsync("/form", new FormUrlEncodedContent([new("name", value)])).InTime();

        Assert.Equal($"{length}", await json.Content.ReadAsStringAsync());
        Assert.Equal($"{length}", await form.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Unknown_path_is_a_404_and_another_method_a_405()
    {
        var client = await ServeAsync(app => app.MapMethods("/items", ["GET", "POST"], () => "items"));

        using var missing = await client.GetAsync("/nothing");
        using var wrong = await client.DeleteAsync("/items");

        Assert.Equal(HttpStatusCode.NotFound, missing.StatusCode);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, wrong.StatusCode);
        Assert.Equal(["GET", "POST"], wrong.Content.Headers.Allow.Order());
    }

    [Fact]
    public async Task Unbindable_parameter_is_a_400()
    {
        var client = await ServeAsync(app =>
        {
            app.MapGet("/items", (int count) => count);
            app.MapPost("/items", (Item item) => item.Name);
        });

        using var query = await client.GetAsync("/items?count=many");
        using var body = await client.PostAsync("/items", new StringContent("{", System.Text.Encoding.UTF8, "application/json"));
        using var type = await client.PostAsync("/items", new StringContent("plain"));

        Assert.Equal(HttpStatusCode.BadRequest, query.StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, body.StatusCode);
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, type.StatusCode);
    }

    [Fact]
    public async Task Endpoint_filters_run_around_their_endpoint()
    {
        var client = await ServeAsync(app =>
        {
            var group = app.MapGroup("/g").AddEndpointFilter(async (context, next) =>
                context.HttpContext.Request.Query.ContainsKey("stop")
                    ? Results.Problem("stopped", statusCode: 422)
                    : $"[{await next(context)}]");
            group.MapGet("/", () => "inner").AddEndpointFilter(async (context, next) => $"({await next(context)})");
        });

        Assert.Equal("[(inner)]", await client.GetStringAsync("/g"));
        using var stopped = await client.GetAsync("/g?stop");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, stopped.StatusCode);
        Assert.Equal("application/problem+json", stopped.Content.Headers.ContentType?.MediaType);
    }

    [Fact]
    public async Task Server_sent_events_arrive_one_by_one()
    {
        var received = new Signal();
        var client = await ServeAsync(app => app.MapGet("/events", () => TypedResults.ServerSentEvents(EventsAsync(received))));

        using var response = await client.GetAsync("/events", HttpCompletionOption.ResponseHeadersRead).InTime();
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
        await using var stream = await response.Content.ReadAsStreamAsync();
        await using var events = SseParser.Create(stream).EnumerateAsync().GetAsyncEnumerator();
        for (var i = 0; i < 5; i++)
        {
            Assert.True(await events.MoveNextAsync().InTime());
            Assert.Equal("tick", events.Current.EventType);
            Assert.Equal($"{i}", events.Current.EventId);
            Assert.Equal($"item {i}", events.Current.Data);

            // The next item is not made before this one has arrived.
            received.Release();
        }

        Assert.False(await events.MoveNextAsync().InTime());

        static async IAsyncEnumerable<SseItem<string>> EventsAsync(Signal received)
        {
            for (var i = 0; i < 5; i++)
            {
                yield return new SseItem<string>($"item {i}", "tick") { EventId = $"{i}" };
                await received.NextAsync();
            }
        }
    }

    [Fact]
    public async Task Async_enumerable_streams_as_json()
    {
        var client = await ServeAsync(app => app.MapGet("/numbers", () => NumbersAsync()));

        var numbers = new List<int>();
        await foreach (var number in client.GetFromJsonAsAsyncEnumerable<int>("/numbers"))
        {
            numbers.Add(number);
        }

        Assert.Equal(Enumerable.Range(0, 1_000), numbers);

        static async IAsyncEnumerable<int> NumbersAsync()
        {
            for (var i = 0; i < 1_000; i++)
            {
                await Task.Yield();
                yield return i;
            }
        }
    }

    [Fact]
    public async Task Stream_and_bytes_results_carry_name_and_type()
    {
        var bytes = Payload.Bytes(100_000);
        var client = await ServeAsync(app =>
        {
            app.MapGet("/bytes", () => Results.Bytes(bytes, "application/zip", "data.zip"));
            app.MapGet("/stream", () => Results.Stream(new MemoryStream(bytes), "application/zip"));
            app.MapGet("/write", () => Results.Stream(stream => stream.WriteAsync(bytes).AsTask(), "application/zip"));
        });

        using var named = await client.GetAsync("/bytes");

        Assert.Equal("attachment; filename=data.zip; filename*=UTF-8''data.zip", named.Content.Headers.ContentDisposition?.ToString());
        Assert.Equal("application/zip", named.Content.Headers.ContentType?.ToString());
        Assert.Equal(bytes, await named.Content.ReadAsByteArrayAsync());
        Assert.Equal(bytes, await client.GetByteArrayAsync("/stream"));
        Assert.Equal(bytes, await client.GetByteArrayAsync("/write"));
    }

    [Fact]
    public async Task Raw_body_is_bound_as_stream_and_pipe()
    {
        var client = await ServeAsync(app =>
        {
            app.MapPost("/stream", async (Stream body) => await new StreamReader(body).ReadToEndAsync());
            app.MapPost("/pipe", async (System.IO.Pipelines.PipeReader body) => (await body.ReadAtLeastAsync(4)).Buffer.Length);
        });

        using var stream = await client.PostAsync("/stream", new StringContent("body"));
        using var pipe = await client.PostAsync("/pipe", new StringContent("body"));

        Assert.Equal("body", await stream.Content.ReadAsStringAsync());
        Assert.Equal("4", await pipe.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Cancellation_token_parameter_is_that_of_the_request()
    {
        var running = new Signal();
        var aborted = new Signal();
        var client = await ServeAsync(app => app.MapGet("/", async (CancellationToken token) =>
        {
            var cancelled = token.CancelledAsync();
            running.Release();
            await cancelled;
            aborted.Release();
        }));
        using var cancellation = new CancellationTokenSource();

        var pending = client.GetAsync("/", cancellation.Token);
        await running.NextAsync();
        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pending.InTime());
        await aborted.NextAsync();
    }

    [FactIf(Capability.Direct)]
    public async Task Links_are_generated_from_the_request()
    {
        var client = await ServeAsync(app =>
        {
            app.MapGet("/items/{id}", (int id) => id).WithName("item");
            app.MapGet("/link", (LinkGenerator links, HttpContext context) => links.GetUriByName(context, "item", new { id = 4 }));
        });
        var request = new HttpRequestMessage(HttpMethod.Get, "/link") { Headers = { Host = "petstore.example" } };

        using var response = await client.SendAsync(request);

        Assert.Equal("http://petstore.example/items/4", await response.Content.ReadAsStringAsync());
    }

    [FactIf(Capability.Direct)]
    public async Task Host_constraint_is_heeded()
    {
        var client = await ServeAsync(app => app.MapGet("/", () => "private").RequireHost("private.example"));

        using var outside = await client.GetAsync("/");
        using var inside = await client.SendAsync(new HttpRequestMessage(HttpMethod.Get, "/") { Headers = { Host = "private.example" } });

        Assert.Equal(HttpStatusCode.NotFound, outside.StatusCode);
        Assert.Equal("private", await inside.Content.ReadAsStringAsync());
    }

    private sealed record Item(string Name);
}
