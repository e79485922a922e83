using Microsoft.Extensions.Logging.Abstractions;
using SocketRest.Multiplexing;
using SocketRest.Protocol;
using SocketRest.Protocol.Hpack;

namespace SocketRest.Benchmarks.Fuzzing;

/// <summary>The dialogues of two healthy ends: what each of them sent.</summary>
internal static class Recorder
{
    private const string Resource = "SocketRest.Benchmarks.Fuzzing.dialogues.txt";

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    private static readonly (Call[] Dialler, Call[] Acceptor, bool Drains)[] s_talks =
    [
        ([Call.Get, Call.Get], [], false),
        ([], [Call.Get, Call.Get], false),
        ([Call.Post, Call.Head], [Call.Get], true),
        ([Call.Get], [Call.Post, Call.Head], true),
        ([Call.PostWithTrailers, Call.Get], [Call.PostWithTrailers], false),
        ([Call.LetGo, Call.Get], [Call.LetGo], false),
        ([Call.PostLarge], [Call.Get], false),
        ([Call.Get], [Call.PostLarge], true),
        ([Call.Upgrade], [], false),
        ([Call.Post, Call.Get], [], false),
        ([], [Call.Post, Call.Get], false),
        ([Call.PostWithTrailers, Call.LetGo], [], true),
        ([], [Call.PostWithTrailers, Call.LetGo], true),
        ([Call.Head, Call.Post, Call.Post], [], false),
        ([], [Call.Head, Call.Post, Call.Post], false),
    ];

    /// <summary>What the dialling sides sent, and what the accepting sides did, when it was recorded last.</summary>
    public static (Dialogue[] OfDiallers, Dialogue[] OfAcceptors) Load()
    {
        using var reader = new StreamReader(typeof(Recorder).Assembly.GetManifestResourceStream(Resource)!);
        var sent = reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Convert.FromBase64String).ToArray();
        return (
            [.. s_talks.Select((talk, index) => Take(sent[2 * index], receiverIsDialler: false, talk.Acceptor))],
            [.. s_talks.Select((talk, index) => Take(sent[(2 * index) + 1], receiverIsDialler: true, talk.Dialler))]);
    }

    /// <summary>
    /// Records anew, a line for each side of each talk. It is kept and not done at each run: how bodies fall into frames depends on the moment, and a
    /// seed must stand for the same cases everywhere.
    /// </summary>
    public static async Task RecordAsync(string path, IStreamServer accepting, IStreamServer dialling)
    {
        List<string> lines = [];
        foreach (var (dialler, acceptor, drains) in s_talks)
        {
            var pair = await MemoryPair.ConnectAsync(accepting, dialling, NullLogger.Instance).WaitAsync(s_patience);
            await PlayAsync(pair.Dialler, dialler).WaitAsync(s_patience);
            await PlayAsync(pair.Acceptor, acceptor).WaitAsync(s_patience);
            await (drains ? pair.Dialler.DrainAsync(CancellationToken.None) : pair.Acceptor.CloseAsync()).WaitAsync(s_patience);
            lines.Add(Convert.ToBase64String(pair.SentByDialler));
            lines.Add(Convert.ToBase64String(pair.SentByAcceptor));
        }

        await File.WriteAllTextAsync(path, string.Join('\n', lines) + "\n");
    }

    private static async Task PlayAsync(TunnelConnection connection, Call[] calls)
    {
        await connection.Public.PingAsync();
        using var invoker = new HttpMessageInvoker(connection.Public.CreateHandler());
        await Calls.PlayAsync(invoker, calls, forgiving: false);
    }

    private static Dialogue Take(byte[] sent, bool receiverIsDialler, Call[] calls)
    {
        var decoder = new HpackDecoder();
        var list = new HeaderList();
        List<FuzzFrame> frames = [];
        List<FuzzFrame> plain = [];
        ReadOnlySpan<byte> rest = sent;
        var gate = 0;
        while (Frames.TryRead(ref rest, out var header, out var payload))
        {
            if (header.StreamId != 0 && (header.StreamId % 2 == 1) == receiverIsDialler)
            {
                gate = Math.Max(gate, (int)((header.StreamId + 1) / 2));
            }

            Field[]? fields = null;
            if (header.Type == FrameType.Headers)
            {
                decoder.Decode(payload, list);
                fields = [.. list.Span.ToArray().Select(field => new Field(field.Name.ToLowerInvariant(), field.Value))];
            }

            var frame = new FuzzFrame(header.Type, (byte)header.Flags, header.Length, header.StreamId, payload.ToArray(), gate, fields);
            frames.Add(frame);
            plain.Add(fields is null ? frame : frame.With(PlainBlock.Encode(fields)));
        }

        return new Dialogue([.. frames], [.. plain], frames.Count(frame => (byte)frame.Type < (byte)FrameType.Ping), calls);
    }
}
