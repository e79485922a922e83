using System.Text.Json.Serialization;

namespace SocketRest.Cli.Management.Model;

/// <summary>What a connection of an agent is good for.</summary>
[JsonConverter(typeof(CamelCaseEnumConverter<AgentState>))]
internal enum AgentState
{
    /// <summary>It takes requests.</summary>
    Connected,

    /// <summary>Its socket is lost; requests wait for another until its grace is over.</summary>
    Interrupted,

    /// <summary>It takes no new requests and ends when those running have.</summary>
    Draining,
}
