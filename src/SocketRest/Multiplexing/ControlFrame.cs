using SocketRest.Protocol;

namespace SocketRest.Multiplexing;

/// <summary>
/// A small frame that waits to be sent. A RESET names its stream object, whose ID may be assigned later; everything else names the ID.
/// <paramref name="Number"/> is the increment of a WINDOW, the last stream ID of a GOAWAY (which answers one where <paramref name="IsAnswer"/> says so), and 1 for a PING that answers.
/// <paramref name="IsEarly"/> marks the RESET of a stream of this side that the peer has not begun to answer.
/// </summary>
internal readonly record struct ControlFrame(
    FrameType Type,
    uint StreamId = 0,
    uint Number = 0,
    TunnelStream? Stream = null,
    SocketRestErrorCode Code = SocketRestErrorCode.None,
    string? Sentence = null,
    ReadOnlyMemory<byte> Payload = default,
    bool IsAnswer = false,
    bool IsEarly = false);
