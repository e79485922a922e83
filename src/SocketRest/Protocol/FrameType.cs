namespace SocketRest.Protocol;

/// <summary>
/// The wire's units (PROTOCOL.md, "Frame types"). Types below 0x10 belong to one socket and are neither counted nor replayed;
/// from 0x10 on they belong to the connection and are.
/// </summary>
internal enum FrameType : byte
{
    Hello = 0x01,
    Welcome = 0x02,
    Ready = 0x03,
    Refuse = 0x04,
    Ping = 0x05,
    Ack = 0x06,

    Headers = 0x10,
    Data = 0x11,
    Reset = 0x12,
    Window = 0x13,
    GoAway = 0x14,
    Reauthenticate = 0x15,
    Reauthenticated = 0x16,
}
