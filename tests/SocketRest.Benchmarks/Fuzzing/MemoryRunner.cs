using SocketRest.Multiplexing;
using SocketRest.Protocol;

namespace SocketRest.Benchmarks.Fuzzing;

/// <summary>Plays cases against connections in memory, many at a time, without a thread of its own for any.</summary>
internal sealed class MemoryRunner(FuzzHost host, FuzzTally tally, Func<long, string> name)
{
    /// <summary>Turns of the pool without a sign of the connection under test after which it is taken to have said all.</summary>
    private const int QuietTurns = 3;

    /// <summary>Turns after which it is waited for with a timer.</summary>
    private const int PatientTurns = 50;

    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(10);

    private readonly IStreamServer _device = host.Delegate;

    public async Task RunAsync(FuzzCase script)
    {
        var log = new FailureLog();
        var peer = new ScriptedPeer(script, tally);
        peer.Start();
        TunnelConnection? connection = null;
        var end = SocketRestErrorCode.None;
        var handshake = script.Dials
            ? MemoryHandshake.DialAsync(peer.Socket, _device, log)
            : MemoryHandshake.AcceptAsync(peer.Socket, host.Pipeline, log);
        await SettleAsync(peer, handshake);
        await ((Task)handshake).WaitAsync(s_limit).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        switch (handshake)
        {
            case { IsCompleted: false }:
                tally.NoteHang($"{name(script.Number)}: the handshake did not end.");
                break;
            case { IsCompletedSuccessfully: false }:
                tally.NoteCrash($"{name(script.Number)}: {handshake.Exception?.ToString() ?? "the handshake was cancelled."}");
                break;
            case { Result.Connection: { } made }:
                connection = made;
                break;
            case { Result.Failure: SocketRestException failure } when IsExpectedEnd(failure.InnerException):
                end = failure.ErrorCode;
                break;
            default:
                tally.NoteCrash($"{name(script.Number)}: {handshake.Result.Failure}");
                break;
        }

        if (connection is not null)
        {
            end = await PlayAsync(script, peer, connection);
        }

        while (log.TryTake(out var defect))
        {
            tally.NoteCrash($"{name(script.Number)}: {defect}");
        }

        tally.NoteCase(connection is not null, end);
    }

    private async Task<SocketRestErrorCode> PlayAsync(FuzzCase script, ScriptedPeer peer, TunnelConnection connection)
    {
        var calls = Task.CompletedTask;
        HttpMessageInvoker? invoker = null;
        if (script.Calls.Length > 0)
        {
            invoker = new HttpMessageInvoker(connection.Public.CreateHandler());
            calls = Calls.PlayAsync(invoker, script.Calls, forgiving: true, connection.Completion);
        }

        await SettleAsync(peer, connection.Completion);
        try
        {
            await connection.Completion.WaitAsync(s_limit).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!connection.Completion.IsCompleted)
            {
                tally.NoteHang($"{name(script.Number)}: the connection did not end.");
                return SocketRestErrorCode.None;
            }

            await calls.WaitAsync(s_limit);
        }
        catch (TimeoutException)
        {
            tally.NoteHang($"{name(script.Number)}: a call did not end.");
        }
        catch (Exception exception)
        {
            tally.NoteCrash($"{name(script.Number)}: a call failed with {exception}");
        }

        invoker?.Dispose();
        await Remains.CheckAsync(connection, s_limit, tally, name(script.Number));
        return connection.EndReason!.ErrorCode;
    }

    private static bool IsExpectedEnd(Exception? cause) =>
        cause is null or ConnectionErrorException or System.Net.WebSockets.WebSocketException || Calls.IsExpected(cause);

    /// <summary>Lets the pool do what there is to do, and lets the peer leave when nothing more comes of it.</summary>
    private static async Task SettleAsync(ScriptedPeer peer, Task over)
    {
        var seen = peer.Sent;
        var quiet = 0;
        for (var turn = 0; turn < PatientTurns && !over.IsCompleted; turn++)
        {
            await Task.Yield();
            var sent = peer.Sent;
            quiet = sent == seen ? quiet + 1 : 0;
            seen = sent;
            if (quiet == QuietTurns && !peer.HasLeft)
            {
                peer.GoOn();
            }
        }

        peer.GoOn();
    }
}
