using Microsoft.AspNetCore.Builder;

namespace SocketRest.AspNetCore.Tests.Conformance;

/// <summary>
/// A way for an <see cref="HttpClient"/> to reach an application. Every topic of the suite runs over every transport, so a
/// transport is all that is written to hold another one to the same semantics: an implementation of this interface, and a file
/// beside <c>OverHttp2.cs</c> with one empty class a topic. <see cref="CompletenessTests"/> fails while a topic is missing.
/// </summary>
public interface ITransport
{
    /// <summary>Where this transport can do, or does not do, what another one does.</summary>
    Capability Capabilities { get; }

    /// <summary>What the application sees as <c>HttpRequest.Protocol</c>.</summary>
    string RequestProtocol { get; }

    /// <summary>What the caller sees as <c>HttpResponseMessage.Version</c>.</summary>
    Version ResponseVersion { get; }

    /// <summary>Starts an application and whatever is needed to reach it.</summary>
    /// <param name="configure">Adds services; <c>null</c> for none.</param>
    /// <param name="app">Builds the pipeline.</param>
    Task<TransportHost> StartAsync(Action<WebApplicationBuilder>? configure, Action<WebApplication> app);
}
