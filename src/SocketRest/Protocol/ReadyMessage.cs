namespace SocketRest.Protocol;

/// <summary>The dialling side's last word of the handshake: both ends may now open streams.</summary>
internal sealed record ReadyMessage;
