using System.Net;
using Microsoft.AspNetCore.Builder;
using SocketRest.AspNetCore.Tests.Conformance;

namespace SocketRest.AspNetCore.Tests.Tunnel;

/// <summary>Two hubs behind one address restart in turn while everybody calls everybody: no call fails.</summary>
[Collection(Alone.Name)]
public sealed class RollingRestartTests
{
    private const int Restarts = 8;
    private const int Agents = 2;
    private const int Clients = 3;

    /// <summary>Calls that each kind has to make between two restarts.</summary>
    private const int CallsBetween = 5;

    private static readonly byte[] s_body = [.. Enumerable.Range(0, 100_000).Select(i => (byte)(i * 7))];

    private const int NobodysPort = 1;

    private readonly int[] _ports = new int[2];
    private readonly TestHub[] _hubs = new TestHub[2];

    [Fact]
    public async Task No_call_fails()
    {
        for (int i = 0; i < _hubs.Length; i++)
        {
            _hubs[i] = await StartHubAsync(i);
        }

        await using var balancer = new LoadBalancer(_ports);
        using var enough = new CancellationTokenSource();
        var loads = new List<Load>();
        var clients = new List<SocketRestClient>();
        var agents = new List<TestAgent>();
        for (int i = 0; i < Clients; i++)
        {
            var client = new SocketRestClient(new SocketRestClientOptions
            {
                Uri = balancer.Tunnel,
                Name = $"client-{i}",
                RequestHandler = async (request, token) => new HttpResponseMessage { Content = new ByteArrayContent(await request.Content!.ReadAsByteArrayAsync(token)) },
            });
            clients.Add(client);
            AddLoads(loads, TunnelClient.Over(client.CreateHandler()));
            AddCallsOf(loads, $"client-{i}");
        }

        for (int i = 0; i < Agents; i++)
        {
            string name = $"agent-{i}";
            TestAgent agent = await TestAgent.StartAsync(balancer.Tunnel, Map, options => options.Name = name);
            agents.Add(agent);
            AddLoads(loads, TunnelClient.Over(agent.Service.CreateHandler()));
            AddCallsOf(loads, name);
        }

        foreach (Load load in loads)
        {
            load.Start(enough.Token);
        }

        await ProgressAsync(loads);
        for (int restart = 0; restart < Restarts; restart++)
        {
            int index = restart % _hubs.Length;
            await _hubs[index].DisposeAsync();
            Volatile.Write(ref _ports[index], NobodysPort);
            await ProgressAsync(loads);
            _hubs[index] = await StartHubAsync(index);
            await ProgressAsync(loads);
        }

        await enough.CancelAsync();
        await Task.WhenAll(loads.Select(load => load.Running)).InTime();
        foreach (SocketRestClient client in clients)
        {
            await client.DrainAsync().InTime();
            await client.DisposeAsync();
        }

        foreach (TestAgent agent in agents)
        {
            await agent.DisposeAsync();
        }

        foreach (TestHub hub in _hubs)
        {
            await hub.DisposeAsync();
        }

        Assert.True(balancer.PassedOver > 0, "No hub was ever away.");
    }

    private static async Task ProgressAsync(List<Load> loads)
    {
        Task progress = Task.WhenAll(loads.Select(load => load.MoreAsync(CallsBetween)));
        Task first = await Task.WhenAny([progress, .. loads.Select(load => load.Running)]).InTime();
        await first;
        Assert.Same(progress, first);
    }

    private static void AddLoads(List<Load> loads, HttpClient client)
    {
        loads.Add(new Load("small", async () => Assert.Equal("hub", await client.GetStringAsync("/"))));
        loads.Add(new Load("small", async () => Assert.Equal("hub", await client.GetStringAsync("/"))));
        loads.Add(new Load("post", () => EchoAsync(client, "/echo", new ByteArrayContent([1, 2, 3]), [1, 2, 3])));
        loads.Add(new Load("post", () => EchoAsync(client, "/echo", new StringContent("four"), "four"u8.ToArray())));
        loads.Add(new Load("upload", () => EchoAsync(client, "/echo", new OnceContent(s_body), s_body)));
        loads.Add(new Load("download", async () => Assert.Equal(s_body, await client.GetByteArrayAsync("/body"))));
        loads.Add(new Load("back", () => EchoAsync(client, "/back", new OnceContent([5, 6]), [5, 6])));
    }

    /// <summary>A hub calls the one of that name on the connection that it has with it.</summary>
    private void AddCallsOf(List<Load> loads, string name)
    {
        loads.Add(new Load("of " + name, () => CallAsync(name, "/echo", () => new ByteArrayContent([7, 8]), [7, 8])));
        loads.Add(new Load("streamed of " + name, () => CallAsync(name, "/echo", () => new OnceContent(s_body), s_body)));
    }

    private async Task CallAsync(string name, string path, Func<HttpContent> content, byte[] expected)
    {
        SocketRestConnection? connection;
        while (true)
        {
            foreach (TestHub hub in _hubs)
            {
                if (hub.Registry.TryGetByName(name, out connection))
                {
                    try
                    {
                        using HttpClient client = connection.CreateClient();
                        await EchoAsync(client, path, content(), expected);
                        return;
                    }
                    catch (HttpRequestException exception) when (
                        exception.InnerException is SocketRestException { ErrorCode: SocketRestErrorCode.Draining, Outcome: RequestOutcome.NotSent })
                    {
                        // Its hub is the one that goes; nothing of the content was read.
                    }
                }
            }

            await Task.Yield();
        }
    }

    private static async Task EchoAsync(HttpClient client, string path, HttpContent content, byte[] expected)
    {
        using HttpResponseMessage response = await client.PostAsync(path, content);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(expected, await response.Content.ReadAsByteArrayAsync());
    }

    private static void Map(WebApplication app)
    {
        app.MapGet("/", () => "hub");
        app.MapPost("/echo", async context => await context.Request.Body.CopyToAsync(context.Response.Body, context.RequestAborted));
        app.MapGet("/body", async context =>
        {
            for (int start = 0; start < s_body.Length; start += 10_000)
            {
                await context.Response.Body.WriteAsync(s_body.AsMemory(start, 10_000), context.RequestAborted);
                await context.Response.Body.FlushAsync(context.RequestAborted);
            }
        });

        // Asks its caller before it answers, on the connection that the call came over.
        app.MapPost("/back", async context =>
        {
            SocketRestConnection caller = context.Features.Get<ISocketRestConnectionFeature>()!.Connection;
            using HttpClient client = caller.CreateClient();
            using HttpResponseMessage response = await client.PostAsync("/echo", new StreamContent(context.Request.Body), context.RequestAborted);
            response.EnsureSuccessStatusCode();
            await response.Content.CopyToAsync(context.Response.Body, context.RequestAborted);
        });
    }

    private async Task<TestHub> StartHubAsync(int index)
    {
        // Not at the port of the last one, which is anybody's while nobody listens there.
        TestHub hub = await TestHub.StartAsync(Map);
        Volatile.Write(ref _ports[index], hub.Address.Port);
        return hub;
    }

    /// <summary>One call after the other until it is enough or one fails.</summary>
    private sealed class Load(string name, Func<Task> call)
    {
        private readonly Lock _lock = new();
        private TaskCompletionSource? _reached;
        private int _target;
        private int _calls;

        public Task Running { get; private set; } = Task.CompletedTask;

        public void Start(CancellationToken enough) => Running = Task.Run(async () =>
        {
            while (!enough.IsCancellationRequested)
            {
                try
                {
                    await call().InTime();
                }
                catch (Exception exception)
                {
                    throw new InvalidOperationException($"Call {_calls + 1} of '{name}' failed: {exception}", exception);
                }

                lock (_lock)
                {
                    if (++_calls == _target)
                    {
                        _reached!.SetResult();
                    }
                }
            }
        }, CancellationToken.None);

        public Task MoreAsync(int calls)
        {
            lock (_lock)
            {
                _target = _calls + calls;
                _reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                return _reached.Task;
            }
        }
    }

    /// <summary>A content that can be read but once, in pieces.</summary>
    private sealed class OnceContent(byte[] body) : HttpContent
    {
        private int _reads;

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            Assert.Equal(1, Interlocked.Increment(ref _reads));
            for (int start = 0; start < body.Length; start += 10_000)
            {
                await stream.WriteAsync(body.AsMemory(start, Math.Min(10_000, body.Length - start)));
                await stream.FlushAsync();
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
