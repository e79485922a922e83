namespace SocketRest.AspNetCore.Hub.Forwarding;

/// <summary>An answer failed after some of it was passed on.</summary>
internal sealed class ResponseBrokeOffException(Exception reason) : Exception(reason.Message, reason);
