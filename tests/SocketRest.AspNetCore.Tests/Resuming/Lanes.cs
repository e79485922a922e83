using System.Collections.Concurrent;
using SocketRest.Faults;

namespace SocketRest.AspNetCore.Tests.Resuming;

/// <summary>Plays many cases, some at a time, each lane with a proxy of its own.</summary>
internal static class Lanes
{
    private const int Count = 24;

    /// <summary>So many tell what there is to tell.</summary>
    private const int MostFailures = 5;

    public static async Task RunAsync<T>(Uri target, IEnumerable<T> cases, Func<FaultProxy, T, Task> run)
    {
        var waiting = new ConcurrentQueue<T>(cases);
        var failures = new ConcurrentQueue<string>();
        await Task.WhenAll(Enumerable.Range(0, Count).Select(_ => Task.Run(async () =>
        {
            await using var proxy = new FaultProxy(target);
            while (failures.Count < MostFailures && waiting.TryDequeue(out T? next))
            {
                try
                {
                    await run(proxy, next);
                }
                catch (Exception exception)
                {
                    failures.Enqueue($"{next}: {Sentence(exception)}");
                }

                proxy.Disarm();
            }
        })));
        Assert.True(failures.IsEmpty, string.Join(Environment.NewLine, failures));
    }

    private static string Sentence(Exception exception) => (exception as SocketRestException ?? exception.InnerException as SocketRestException) is { } tunnel
        ? $"{tunnel.ErrorCode}, {tunnel.Outcome}: {tunnel.Message}"
        : exception.ToString();
}
