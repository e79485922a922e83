using SocketRest.Protocol;

namespace SocketRest.Benchmarks.Fuzzing;

/// <summary>One frame of a dialogue, as it is to be written: its length may be a lie.</summary>
/// <param name="Type">The frame's type, perhaps none that there is.</param>
/// <param name="Flags">Its flags.</param>
/// <param name="Length">The length that its header declares.</param>
/// <param name="Id">The stream's id.</param>
/// <param name="Payload">What follows the header.</param>
/// <param name="Gate">How many streams the receiver must have opened before this may be sent: an answer comes after its request.</param>
/// <param name="Fields">What a header block says.</param>
internal readonly record struct FuzzFrame(FrameType Type, byte Flags, int Length, uint Id, ReadOnlyMemory<byte> Payload, int Gate, Field[]? Fields = null)
{
    /// <summary>The same with another payload, and its true length.</summary>
    public FuzzFrame With(ReadOnlyMemory<byte> payload) => this with { Payload = payload, Length = Math.Min(payload.Length, FrameHeader.MaxPayload) };
}
