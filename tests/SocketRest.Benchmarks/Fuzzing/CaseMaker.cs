using SocketRest.Protocol;

namespace SocketRest.Benchmarks.Fuzzing;

/// <summary>Makes the cases of a run: each from its number alone.</summary>
internal sealed class CaseMaker
{
    private readonly Dialogue[] _ofDiallers;
    private readonly Dialogue[] _ofAcceptors;
    private readonly ulong _seed;
    private readonly FuzzRandom _random = new();
    private readonly Mutator _mutator;
    private readonly JsonMutator _json;
    private readonly List<FuzzFrame> _frames = [];

    public CaseMaker((Dialogue[] OfDiallers, Dialogue[] OfAcceptors) recorded, ulong seed)
    {
        (_ofDiallers, _ofAcceptors) = recorded;
        _seed = seed;
        _mutator = new Mutator(_random);
        _json = new JsonMutator(_random);
    }

    public FuzzCase Make(long number)
    {
        _random.Start(_seed, number);
        var dials = _random.OneIn(2);
        var dialogue = PickDialogue(dials ? _ofAcceptors : _ofDiallers);
        _frames.Clear();
        _frames.AddRange(_random.OneIn(2) ? dialogue.Frames : dialogue.Plain);
        var noise = false;
        switch (_random.Next(10))
        {
            case 0 or 1:
                MutateHandshake(dialogue.HandshakeFrames);
                break;
            case 2:
                noise = true;
                break;
            default:
                for (var times = 1 + _random.Next(4); times > 0; times--)
                {
                    _mutator.Mutate(_frames, dialogue.HandshakeFrames, _frames.Count);
                }

                break;
        }

        var (bytes, gates) = Write();
        if (noise)
        {
            AddNoise(ref bytes);
        }

        return new FuzzCase(number, dials, Cut(bytes, gates), dialogue.Calls, (Ending)Math.Max(0, _random.Next(6) - 3));
    }

    /// <summary>Mostly one in which the connection under test only answers: a call that fails costs as much as several such cases.</summary>
    private Dialogue PickDialogue(Dialogue[] dialogues)
    {
        while (true)
        {
            var dialogue = _random.Pick(dialogues);
            if (dialogue.Calls.Length == 0 || _random.OneIn(4))
            {
                return dialogue;
            }
        }
    }

    private void MutateHandshake(int handshakeFrames)
    {
        var at = _random.Next(handshakeFrames);
        if (_random.OneIn(4))
        {
            _mutator.Mutate(_frames, 0, handshakeFrames);
        }
        else
        {
            _frames[at] = _frames[at].With(_random.OneIn(4) ? _mutator.Payload(_frames[at].Payload) : _json.Mutate(_frames[at].Payload));
        }
    }

    private (byte[] Bytes, List<(int Offset, int Gate)> Gates) Write()
    {
        var length = 0;
        foreach (var frame in _frames)
        {
            length += FrameHeader.Size + frame.Payload.Length;
        }

        var bytes = new byte[length];
        List<(int Offset, int Gate)> gates = [];
        var gate = 0;
        var position = 0;
        foreach (var frame in _frames)
        {
            if (frame.Gate > gate)
            {
                gate = frame.Gate;
                gates.Add((position, gate));
            }

            FrameHeader.Write(bytes.AsSpan(position), frame.Type, (FrameFlags)frame.Flags, frame.Length, frame.Id);
            frame.Payload.Span.CopyTo(bytes.AsSpan(position + FrameHeader.Size));
            position += FrameHeader.Size + frame.Payload.Length;
        }

        return (bytes, gates);
    }

    private void AddNoise(ref byte[] bytes)
    {
        switch (_random.Next(4))
        {
            case 0:
                bytes = _mutator.Noise(1 + _random.Next(100));
                break;
            case 1:
                bytes = bytes[.._random.Next(bytes.Length)];
                break;
            case 2:
                var at = _random.Next(bytes.Length);
                bytes = [.. bytes.AsSpan(0, at), .. _mutator.Noise(1 + _random.Next(10)), .. bytes.AsSpan(at)];
                break;
            default:
                _mutator.Flip(bytes);
                break;
        }
    }

    /// <summary>Cuts where a gate is, and anywhere else: message boundaries mean nothing.</summary>
    private List<Chunk> Cut(byte[] bytes, List<(int Offset, int Gate)> gates)
    {
        List<Chunk> chunks = [];
        var longest = _random.Next(8) switch
        {
            0 => 1 + _random.Next(20),
            1 => 1 + _random.Next(200),
            _ => int.MaxValue,
        };
        var gate = 0;
        var next = 0;
        for (var start = 0; start < bytes.Length;)
        {
            while (next < gates.Count && gates[next].Offset <= start)
            {
                gate = gates[next++].Gate;
            }

            var end = next < gates.Count ? Math.Min(gates[next].Offset, bytes.Length) : bytes.Length;
            var length = Math.Min(end - start, chunks.Count < 100 ? longest : int.MaxValue);
            chunks.Add(new Chunk(bytes.AsMemory(start, length), gate));
            start += length;
        }

        return chunks;
    }
}
