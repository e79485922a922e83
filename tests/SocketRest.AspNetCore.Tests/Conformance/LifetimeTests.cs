using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Timeouts;
using Microsoft.Extensions.DependencyInjection;

namespace SocketRest.AspNetCore.Tests.Conformance;

/// <summary>What surrounds a request: callbacks, scopes, identity, and what is fixed once the response has started.</summary>
public abstract class LifetimeTests<TTransport> : ConformanceTests<TTransport>
    where TTransport : ITransport, new()
{
    [Fact]
    public async Task Callbacks_run_in_their_order()
    {
        var order = new List<string>();
        var completed = new Signal();
        var client = await ServeAsync(async context =>
        {
            context.Response.OnStarting(() => Note("starting 1"));
            context.Response.OnStarting(() => Note("starting 2"));
            context.Response.OnCompleted(() =>
            {
                completed.Release();
                return Note("completed 1");
            });
            context.Response.OnCompleted(() => Note("completed 2"));
            await Note("handler");
            await context.Response.WriteAsync("body");
            await Note("written");
        });

        Assert.Equal("body", await client.GetStringAsync("/"));
        await completed.NextAsync();

        // Both kinds run backwards: who registered last is the innermost.
        Assert.Equal(["handler", "starting 2", "starting 1", "written", "completed 2", "completed 1"], order);

        Task Note(string what)
        {
            lock (order)
            {
                order.Add(what);
            }

            return Task.CompletedTask;
        }
    }

    [Fact]
    public async Task Starting_callback_may_change_status_and_headers()
    {
        var client = await ServeAsync(context =>
        {
            context.Response.OnStarting(() =>
            {
                context.Response.StatusCode = 202;
                context.Response.Headers["X-Last-Minute"] = "yes";
                return Task.CompletedTask;
            });
            return context.Response.WriteAsync("body");
        });

        using var response = await client.GetAsync("/");

        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        Assert.Equal("yes", response.Headers.GetValues("X-Last-Minute").Single());
    }

    [Fact]
    public async Task Starting_callback_runs_without_a_body_too()
    {
        var client = await ServeAsync(context =>
        {
            context.Response.OnStarting(() =>
            {
                context.Response.Headers["X-Last-Minute"] = "yes";
                return Task.CompletedTask;
            });
            context.Response.StatusCode = 204;
            return Task.CompletedTask;
        });

        using var response = await client.GetAsync("/");

        Assert.True(response.Headers.Contains("X-Last-Minute"));
    }

    [Fact]
    public async Task Registered_disposables_are_disposed()
    {
        var disposed = new Signal();
        var client = await ServeAsync(context =>
        {
            context.Response.RegisterForDispose(new Release(disposed));
            context.Response.RegisterForDisposeAsync(new Release(disposed));
            return context.Response.WriteAsync("body");
        });

        await client.GetStringAsync("/");

        await disposed.NextAsync();
        await disposed.NextAsync();
    }

    [Fact]
    public async Task Response_is_fixed_once_it_has_started()
    {
        var client = await ServeAsync(async context =>
        {
            Assert.False(context.Response.HasStarted);
            await context.Response.WriteAsync("body");
            await context.Response.Body.FlushAsync();
            Assert.True(context.Response.HasStarted);
            Assert.Throws<InvalidOperationException>(() => context.Response.StatusCode = 404);
            Assert.Throws<InvalidOperationException>(() => context.Response.Headers["X-Late"] = "1");
            Assert.Throws<InvalidOperationException>(() => context.Response.OnStarting(() => Task.CompletedTask));
            Assert.True(context.Response.Headers.IsReadOnly);
            await context.Response.WriteAsync(" checked");
        });

        Assert.Equal("body checked", await client.GetStringAsync("/"));
    }

    [Fact]
    public async Task Reason_phrase_is_fixed_once_the_response_has_started()
    {
        var client = await ServeAsync(async context =>
        {
            await context.Response.Body.FlushAsync();
            Assert.Throws<InvalidOperationException>(
                () => context.Features.GetRequiredFeature<IHttpResponseFeature>().ReasonPhrase = "late");
            await context.Response.WriteAsync("checked");
        });

        Assert.Equal("checked", await client.GetStringAsync("/"));
    }

    [Fact]
    public async Task Items_features_and_services_belong_to_one_request()
    {
        var client = await ServeAsync(
            app => app.Run(async context =>
            {
                var fresh = context.Items.Count == 0
                    && context.Features.Get<Mark>() is null
                    && context.RequestServices.GetRequiredService<Mark>() is { Used: false };
                context.Items["used"] = true;
                context.Features.Set(new Mark());
                context.RequestServices.GetRequiredService<Mark>().Used = true;
                await context.Response.WriteAsync($"{fresh} {context.RequestServices.GetRequiredService<Mark>().Used}");
            }),
            builder => builder.Services.AddScoped<Mark>());

        for (var i = 0; i < 20; i++)
        {
            Assert.Equal("True True", await client.GetStringAsync("/"));
        }
    }

    [Fact]
    public async Task Scoped_services_are_disposed_with_their_request()
    {
        var disposed = new Signal();
        var client = await ServeAsync(
            app => app.Run(context =>
            {
                context.RequestServices.GetRequiredService<Release>();
                return context.Response.WriteAsync("body");
            }),
            builder => builder.Services.AddScoped(_ => new Release(disposed)));

        for (var i = 0; i < 3; i++)
        {
            await client.GetStringAsync("/");
            await disposed.NextAsync();
        }
    }

    [Fact]
    public async Task Trace_identifiers_are_unique()
    {
        var client = await ServeAsync(context => context.Response.WriteAsync(context.TraceIdentifier));

        var identifiers = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => client.GetStringAsync("/")));

        Assert.DoesNotContain("", identifiers);
        Assert.Equal(100, identifiers.Distinct().Count());
    }

    [Fact]
    public async Task Context_accessor_finds_the_request_it_runs_in()
    {
        var client = await ServeAsync(
            app => app.Run(async context =>
            {
                await Task.Yield();
                var found = context.RequestServices.GetRequiredService<IHttpContextAccessor>().HttpContext;
                await context.Response.WriteAsync($"{found?.Request.Path} {ReferenceEquals(found, context)}");
            }),
            builder => builder.Services.AddHttpContextAccessor());

        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => client.GetStringAsync($"/{i}")));

        Assert.Equal(Enumerable.Range(0, 20).Select(i => $"/{i} True"), answers);
    }

    [Fact]
    public async Task Request_timeout_middleware_decides()
    {
        var client = await ServeAsync(
            app =>
            {
                app.UseRequestTimeouts();
                app.Run(context => context.RequestAborted.CancelledAsync().ContinueWith(
                    _ => context.RequestAborted.ThrowIfCancellationRequested(), TaskScheduler.Default));
            },
            builder => builder.Services.AddRequestTimeouts(options =>
                options.DefaultPolicy = new RequestTimeoutPolicy { Timeout = TimeSpan.FromMilliseconds(100) }));

        using var response = await client.GetAsync("/");

        Assert.Equal(HttpStatusCode.GatewayTimeout, response.StatusCode);
    }

    [FactIf(Capability.RemoteAddress)]
    public async Task Connection_names_the_peer()
    {
        (IPAddress? Address, int Port) remote = default, local = default;
        var id = "";
        var host = await StartAsync(app => app.Run(context =>
        {
            remote = (context.Connection.RemoteIpAddress, context.Connection.RemotePort);
            local = (context.Connection.LocalIpAddress, context.Connection.LocalPort);
            id = context.Connection.Id;
            return Task.CompletedTask;
        }));

        await CreateClient(host).GetStringAsync("/");

        Assert.NotEmpty(id);
        if (!Offers(Capability.Addresses))
        {
            // Nobody's, and never null or this machine's: an application that trusts local callers would trust everybody.
            Assert.Equal((IPAddress.None, 0), remote);
            Assert.Equal((IPAddress.None, 0), local);
            return;
        }

        var server = new Uri(host.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.Single());
        Assert.Equal((IPAddress.Loopback, server.Port), local);
        Assert.Equal(IPAddress.Loopback, remote.Address);
        Assert.InRange(remote.Port, 1, 65_535);
        Assert.NotEqual(local.Port, remote.Port);
    }

    [Fact]
    public async Task Nobody_is_logged_in_by_default()
    {
        var client = await ServeAsync(context => context.Response.WriteAsync(
            $"{context.User.Identity?.IsAuthenticated ?? false}|{context.User.Claims.Count()}"));

        Assert.Equal("False|0", await client.GetStringAsync("/"));
    }

    private sealed class Mark
    {
        public bool Used { get; set; }
    }

    private sealed class Release(Signal signal) : IDisposable, IAsyncDisposable
    {
        private int _released;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _released, 1) == 0)
            {
                signal.Release();
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
