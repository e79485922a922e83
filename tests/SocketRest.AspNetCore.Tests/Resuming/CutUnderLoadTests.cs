using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using SocketRest.AspNetCore.Tests.Conformance;
using SocketRest.AspNetCore.Tests.Tunnel;
using SocketRest.Faults;

namespace SocketRest.AspNetCore.Tests.Resuming;

/// <summary>Cuts after random bytes of a connection that is busy in both directions.</summary>
public sealed class CutUnderLoadTests
{
    private const int Callers = 16;
    private const int CallsEach = 40;
    private const int Cuts = 40;
    private const int MostBytesBetween = 200_000;
    private const int MostBody = 150_000;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task Every_call_of_both_ends_is_run_once_and_answered_right(int seed)
    {
        var arrived = new ConcurrentDictionary<string, int>();
        await using TestHub hub = await TestHub.StartAsync(app => app.MapPost("/echo/{call}", async (string call, HttpContext context) =>
        {
            arrived.AddOrUpdate(call, 1, (_, count) => count + 1);
            await context.Request.Body.CopyToAsync(context.Response.Body);
        }));
        hub.ExpectsErrors = true;
        await using var proxy = new FaultProxy(hub.Tunnel);
        await using SocketRestClient tunnel = ResumeDialogue.CreateClient(proxy.Address);
        SocketRestConnection dialled = await tunnel.GetConnectionAsync().InTime();
        SocketRestConnection accepted = await hub.Registry.WaitForAsync(dialled.Id).InTime();
        using HttpClient there = tunnel.CreateClient();
        using HttpClient back = accepted.CreateClient();
        ArmAll(proxy, new Random(seed));

        proxy.Cut(CutKind.Reset);
        await Task.WhenAll(Enumerable.Range(0, Callers).Select(caller => Task.Run(async () =>
        {
            var random = new Random((seed * 1_000) + caller);
            for (int call = 0; call < CallsEach; call++)
            {
                byte[] body = Payload.Bytes(random.Next(MostBody), random.Next());
                using HttpResponseMessage response = await (call % 2 == 0 ? there : back).PostAsync(
                    $"/echo/{caller}-{call}", Payload.Streamed(body)).InTime();
                Assert.Equal(body, await response.Content.ReadAsByteArrayAsync().InTime());
            }
        })));

        Assert.All(arrived, call => Assert.Equal(1, call.Value));
        Assert.Equal(Callers * CallsEach / 2, arrived.Count);
        Assert.Equal(Cuts + 1, proxy.Cuts);
        Assert.Equal((dialled.Id, 0), (tunnel.Connection?.Id, tunnel.Connection?.OpenStreams));
        Assert.Equal(0, accepted.OpenStreams);
    }

    private static void ArmAll(FaultProxy proxy, Random random)
    {
        for (int i = 0; i < Cuts; i++)
        {
            _ = proxy.CutNextAfter(
                random.Next(2) == 0 ? Way.ToTarget : Way.FromTarget,
                random.Next(MostBytesBetween),
                random.Next(2) == 0 ? CutKind.Reset : CutKind.Close);
        }
    }
}
