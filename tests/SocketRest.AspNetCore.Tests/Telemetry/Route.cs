namespace SocketRest.AspNetCore.Tests.Telemetry;

/// <summary>The ways in which a call reaches an application through a tunnel.</summary>
public enum Route
{
    /// <summary>The caller dials the application's Kestrel.</summary>
    Dialled,

    /// <summary>The application dials the caller's hub.</summary>
    Agent,

    /// <summary>In memory.</summary>
    TestServer,
}
