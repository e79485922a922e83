using Microsoft.Extensions.Logging.Abstractions;
using SocketRest.Multiplexing;
using SocketRest.Protocol;
using SocketRest.Protocol.Hpack;

namespace SocketRest.Benchmarks.Fuzzing;

/// <summary>Lets two healthy ends talk and writes down what each sends.</summary>
internal static class Recorder
{
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

    /// <summary>What the dialling sides sent, and what the accepting sides did.</summary>
    public static async Task<(Dialogue[] OfDiallers, Dialogue[] OfAcceptors)> RecordAsync(IStreamServer accepting, IStreamServer dialling)
    {
        var ofDiallers = new List<Dialogue>();
        var ofAcceptors = new List<Dialogue>();
        foreach (var (dialler, acceptor, drains) in s_talks)
        {
            var pair = await MemoryPair.ConnectAsync(accepting, dialling, NullLogger.Instance).WaitAsync(s_patience);

            // One after the other, so that every run records the same.
            await PlayAsync(pair.Dialler, dialler).WaitAsync(s_patience);
            await PlayAsync(pair.Acceptor, acceptor).WaitAsync(s_patience);
            await (drains ? pair.Dialler.DrainAsync(CancellationToken.None) : pair.Acceptor.CloseAsync()).WaitAsync(s_patience);
            ofDiallers.Add(Take(pair.SentByDialler, receiverIsDialler: false, acceptor));
            ofAcceptors.Add(Take(pair.SentByAcceptor, receiverIsDialler: true, dialler));
        }

        return ([.. ofDiallers], [.. ofAcceptors]);
    }

    /// <summary>Two runs whose dialogues are the same make the same cases from the same seed.</summary>
    public static uint Fingerprint((Dialogue[] OfDiallers, Dialogue[] OfAcceptors) recorded)
    {
        var hash = 2166136261u;
        foreach (var frame in recorded.OfDiallers.Concat(recorded.OfAcceptors).SelectMany(dialogue => dialogue.Frames))
        {
            Add((byte)frame.Type);
            Add(frame.Flags);
            Add((byte)frame.Id);
            foreach (var octet in frame.Payload.Span)
            {
                Add(octet);
            }
        }

        return hash;

        void Add(byte octet) => hash = (hash ^ octet) * 16777619u;
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
