using System.Collections.Concurrent;
using SocketRest.Faults;

namespace SocketRest.AspNetCore.Tests.Conformance.Transports;

/// <summary>
/// Where the socket of a test is cut: the same in every run, and another place in every test. The first cut falls into the first bytes that go one way, so that no
/// exchange is too short for it; two more, each armed for the socket that takes the place of the one before, fall where they may.
/// </summary>
internal sealed class CutPlan : IAsyncDisposable
{
    /// <summary>Less than any message that a test causes: RESET takes so much, with the WebSocket's own header.</summary>
    private const int Shortest = 14;

    /// <summary>Less than the upgrade and the handshake of a resume take in either direction: some cuts fall into their end.</summary>
    private const int Handshake = 500;

    private static readonly ConcurrentDictionary<string, int> s_times = new();

    private readonly Random _random;
    private readonly FaultProxy _proxy;
    private readonly Way _requests;
    private readonly Way _first;
    private SocketRestConnection? _dialled;
    private SocketRestConnection? _accepted;

    public CutPlan(Uri target, Way requests)
    {
        string test = CurrentTestAttribute.Name;
        int time = s_times.AddOrUpdate($"{requests} {test}", 1, (_, times) => times + 1);
        _random = new Random(Hash($"{test} {time}"));
        _requests = requests;

        // Of the two transports one cuts a test's requests first, the other one its answers: its requests go the other way.
        _first = _random.Next(2) == 0 ? Way.ToTarget : Way.FromTarget;
        _proxy = new FaultProxy(target);
    }

    public void Dial(SocketRestClientOptions options)
    {
        options.Uri = _proxy.Address;
        options.MaxReconnectDelay = TimeSpan.FromMilliseconds(1 << _random.Next(7));
    }

    /// <summary>The connection is there at both ends: from now on it is the test's own traffic that is cut.</summary>
    public void Begin(SocketRestConnection dialled, SocketRestConnection accepted)
    {
        _dialled = dialled;
        _accepted = accepted;
        _ = _proxy.CutAfter(_first, _random.Next(1, Shortest), NextKind());
        if (_first != _requests)
        {
            // Where no answer comes, what follows the request is the end of it.
            _ = _proxy.CutAfter(_requests, (2 * Shortest) + NextLength(8), NextKind());
        }

        _ = _proxy.CutNextAfter(NextWay(), Handshake + NextLength(10), NextKind());
        _ = _proxy.CutNextAfter(NextWay(), Handshake + NextLength(18), NextKind());
    }

    /// <summary>At the end of the test: the socket was cut, and the connection is the same.</summary>
    public async Task CheckAsync()
    {
        // Where the test itself sends nothing that way, this is what is cut.
        await _dialled!.PingAsync().InTime();
        Assert.InRange(_proxy.Cuts, 1, 3);
        Assert.False(_dialled.Completion.IsCompleted, $"{_dialled.Completion.Exception}");
        Assert.False(_accepted!.Completion.IsCompleted, $"{_accepted.Completion.Exception}");

        // Nor has it forgotten that something has ended: what runs would hold this up.
        await _dialled.DrainAsync().InTime();
    }

    public ValueTask DisposeAsync() => _proxy.DisposeAsync();

    private Way NextWay() => _random.Next(2) == 0 ? Way.ToTarget : Way.FromTarget;

    private CutKind NextKind() => _random.Next(2) == 0 ? CutKind.Reset : CutKind.Close;

    /// <summary>Short ones as often as long ones.</summary>
    private int NextLength(int bits) => (int)Math.Pow(2, _random.NextDouble() * bits);

    /// <summary>The same in every process, unlike <see cref="string.GetHashCode()"/>.</summary>
    private static int Hash(string text) => text.Aggregate(17, (hash, letter) => unchecked((hash * 31) + letter));
}
