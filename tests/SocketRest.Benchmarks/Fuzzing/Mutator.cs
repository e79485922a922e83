using System.Buffers.Binary;
using SocketRest.Protocol;

namespace SocketRest.Benchmarks.Fuzzing;

/// <summary>Changes a dialogue frame by frame: what a peer does that has the format right and the protocol wrong, or the other way round.</summary>
internal sealed class Mutator(FuzzRandom random)
{
    private static readonly uint[] s_numbers = [0, 1, 2, 3, 5, 7, 100, 4096, 65_535, 65_536, int.MaxValue - 1, int.MaxValue, 0x80000000, uint.MaxValue - 1, uint.MaxValue];

    private static readonly FrameType[] s_types =
    [
        FrameType.Hello, FrameType.Welcome, FrameType.Ready, FrameType.Refuse, FrameType.Ping, FrameType.Ack, FrameType.Headers, FrameType.Data,
        FrameType.Reset, FrameType.Window, FrameType.GoAway, FrameType.Reauthenticate, FrameType.Reauthenticated, 0, (FrameType)0x0F, (FrameType)0x40, (FrameType)0xFF,
    ];

    private static readonly int[] s_repeats = [2, 3, 10, 50, 300];

    private readonly FieldMutator _fields = new(random);

    /// <summary>Changes something in the frames from <paramref name="first"/> up to before <paramref name="end"/>.</summary>
    public void Mutate(List<FuzzFrame> frames, int first, int end)
    {
        var at = end > first ? first + random.Next(end - first) : frames.Count;
        if (at >= frames.Count)
        {
            frames.Insert(Math.Min(at, frames.Count), Fresh(frames));
            return;
        }

        var frame = frames[at];
        switch (random.Next(14))
        {
            case 0:
                frames.RemoveAt(at);
                break;
            case 1:
                frames.Insert(at, frame);
                break;
            case 2:
                var other = first + random.Next(end - first);
                (frames[at], frames[other]) = (frames[other], frames[at]);
                break;
            case 3:
                frames[at] = frame with { Type = random.OneIn(4) ? (FrameType)random.Next(256) : random.Pick(s_types) };
                break;
            case 4:
                frames[at] = frame with { Flags = random.OneIn(4) ? (byte)random.Next(256) : (byte)(frame.Flags ^ 1) };
                break;
            case 5:
                frames[at] = frame with { Id = Id(frame.Id) };
                break;
            case 6 when random.OneIn(3):
                frames[at] = frame with { Length = Math.Clamp(frame.Length + random.Pick([-8, -1, 1, 8, 5000, 65_535]), 0, FrameHeader.MaxPayload) };
                break;
            case 7:
                frames[at] = frame.With(Payload(frame.Payload));
                break;
            case 8 when random.OneIn(20):
                Repeat(frames, at);
                break;
            case 9 or 10 when frame.Fields is { } fields:
                frames[at] = frame.With(PlainBlock.Encode(_fields.Mutate(fields)));
                break;
            case 11 when frame.Fields is { }:
                // An interim response, or a second head.
                frames.Insert(at, (frame with { Flags = (byte)random.Next(2) }).With(PlainBlock.Encode(_fields.Interim())));
                break;
            default:
                frames.Insert(at, Fresh(frames) with { Gate = frame.Gate });
                break;
        }
    }

    /// <summary>Changes some bytes of a payload.</summary>
    public byte[] Payload(ReadOnlyMemory<byte> original)
    {
        var bytes = original.ToArray();
        switch (random.Next(6))
        {
            case 0:
                return bytes[..random.Next(bytes.Length + 1)];
            case 1:
                return [.. bytes, .. Noise(1 + random.Next(16))];
            case 2 when bytes.Length >= sizeof(uint):
                BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(random.Next(bytes.Length - 3)), random.Pick(s_numbers));
                return bytes;
            case 3:
                return Noise(random.Next(40));
            default:
                Flip(bytes);
                return bytes;
        }
    }

    /// <summary>Bytes that mean nothing.</summary>
    public byte[] Noise(int length)
    {
        var bytes = new byte[length];
        for (var i = 0; i < length; i++)
        {
            bytes[i] = (byte)random.NextWord();
        }

        return bytes;
    }

    /// <summary>Changes a few bits.</summary>
    public void Flip(Span<byte> bytes)
    {
        for (var times = 1 + random.Next(4); times > 0 && !bytes.IsEmpty; times--)
        {
            bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
        }
    }

    private void Repeat(List<FuzzFrame> frames, int at)
    {
        var frame = frames[at];
        var climbs = random.OneIn(2) && frame.Type == FrameType.Headers;
        for (var times = random.Pick(s_repeats); times > 0; times--)
        {
            frames.Insert(++at, frame);
            frame = climbs ? frame with { Id = frame.Id + 2 } : frame;
        }
    }

    private uint Id(uint id) => random.Next(6) switch
    {
        0 => 0,
        1 => id ^ 1,
        2 => id + 2,
        3 => unchecked(id - 2),
        4 => random.Pick(s_numbers),
        _ => (uint)random.Next(12),
    };

    private FuzzFrame Fresh(List<FuzzFrame> frames)
    {
        var id = frames.Count == 0 || random.OneIn(4) ? (uint)random.Next(12) : frames[random.Next(frames.Count)].Id;
        var flags = (byte)random.Next(2);
        return random.Next(10) switch
        {
            0 => Make(FrameType.Window, id, Frames.Words(random.Pick(s_numbers))),
            1 => Make(FrameType.Reset, id, Frames.Words((uint)random.Next(25))),
            2 => Make(FrameType.Ping, 0, Noise(8 + random.Next(8))),
            3 => Make(FrameType.GoAway, 0, Frames.Words(random.OneIn(2) ? id : random.Pick(s_numbers), random.OneIn(2) ? 17u : (uint)random.Next(25))),
            4 => Make(FrameType.Data, id, new byte[random.OneIn(8) ? 5000 : random.Next(30)]),
            5 => Make(FrameType.Ack, 0, Frames.Words(0, random.Pick(s_numbers))),
            6 => Make(FrameType.Headers, id, Noise(random.Next(20))),
            7 => Make(FrameType.Headers, id, PlainBlock.Encode(_fields.Mutate([new("x-sum", "1")]))),
            8 => Make(FrameType.Headers, (uint)random.Next(30), PlainBlock.Encode(_fields.Request())),
            _ => Make(random.Pick(s_types), id, Noise(random.Next(20))),
        };

        FuzzFrame Make(FrameType type, uint stream, byte[] payload) => new(type, flags, payload.Length, stream, payload, 0);
    }
}
