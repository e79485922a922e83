using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.Connections.Features;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.DependencyInjection;
using SocketRest.AspNetCore.Tests.Conformance;

namespace SocketRest.AspNetCore.Tests.Forwarding;

/// <summary>A SignalR hub on an agent, called by the npm client through the forwarder. Needs Node and npm.</summary>
public sealed class SignalRTests(SignalRTests.NodeClient node) : IClassFixture<SignalRTests.NodeClient>
{
    [Theory]
    [InlineData("WebSockets")]
    [InlineData("ServerSentEvents")]
    [InlineData("LongPolling")]
    public async Task Client_of_npm_uses_the_hub_over(string transport)
    {
        await using ForwardingHub hub = await ForwardingHub.StartAsync();
        await hub.AddAgentAsync(
            "kiln",
            app =>
            {
                app.UseWebSockets();
                app.MapHub<Board>("/board");
            },
            build: builder => builder.Services.AddSignalR());

        JsonElement said = await node.RunAsync(new Uri(hub.Http1, "/agents/kiln/board"), transport);

        Assert.Equal(20_000, said.GetProperty("echoed").GetInt32());
        Assert.Equal([0, 1, 2, 3, 4], said.GetProperty("streamed").EnumerateArray().Select(item => item.GetInt32()));
        Assert.Equal(6, said.GetProperty("sum").GetInt32());
        Assert.Equal("hello", said.GetProperty("pushed").GetString());
        Assert.Equal(transport, said.GetProperty("transport").GetString());
        Assert.Empty(hub.Log.Warnings);
    }

#pragma warning disable CA1822 // SignalR calls methods of an instance only.
    /// <summary>The hub. Public, as SignalR wants it.</summary>
    public sealed class Board : Microsoft.AspNetCore.SignalR.Hub
    {
        public string Echo(string text) => text;

        public string? Transport() => Context.Features.Get<IHttpTransportFeature>()?.TransportType.ToString();

        public Task PushMe(string text) => Clients.Caller.SendAsync("pushed", text);

        public async IAsyncEnumerable<int> Count(int count, [EnumeratorCancellation] CancellationToken cancellationToken)
        {
            for (int i = 0; i < count; i++)
            {
                await Task.Yield();
                cancellationToken.ThrowIfCancellationRequested();
                yield return i;
            }
        }

        public async Task<int> Sum(IAsyncEnumerable<int> items)
        {
            int sum = 0;
            await foreach (int item in items)
            {
                sum += item;
            }

            return sum;
        }
    }
#pragma warning restore CA1822

    /// <summary>The client, installed once for all tests, by its lock file.</summary>
    public sealed class NodeClient : IAsyncLifetime
    {
        private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(3);

        private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("signalr-");

        public async Task InitializeAsync()
        {
            foreach (string file in Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "Hub", "Forwarding", "signalr")))
            {
                File.Copy(file, Path.Combine(_folder.FullName, Path.GetFileName(file)));
            }

            await RunAsync("npm", "ci", "--silent", "--no-audit", "--no-fund");
        }

        public async Task<JsonElement> RunAsync(Uri hub, string transport) =>
            JsonDocument.Parse((await RunAsync("node", "client.mjs", hub.ToString(), transport)).TrimEnd().Split('\n')[^1]).RootElement;

        public Task DisposeAsync()
        {
            _folder.Delete(recursive: true);
            return Task.CompletedTask;
        }

        private async Task<string> RunAsync(string program, params string[] arguments)
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments)
            {
                WorkingDirectory = _folder.FullName,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            try
            {
                string[] said = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync()).WaitAsync(s_limit);
                await process.WaitForExitAsync().InTime();
                Assert.True(process.ExitCode == 0, $"{program} ended with {process.ExitCode}:\n{string.Concat(said)}");
                return said[0];
            }
            catch (TimeoutException)
            {
                process.Kill(entireProcessTree: true);
                throw;
            }
        }
    }
}
