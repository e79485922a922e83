namespace SocketRest.AspNetCore.Hub.Forwarding;

/// <summary>An answer that this server cannot express; nothing of it was passed on.</summary>
internal sealed class BadAnswerException(string message, Exception? reason = null) : Exception(message, reason);
