using System.Text.Json.Serialization;

namespace SocketRest.Cli.Management.Model;

/// <summary>What happened.</summary>
[JsonConverter(typeof(CamelCaseEnumConverter<HubEventKind>))]
internal enum HubEventKind
{
    /// <summary>An agent has connected.</summary>
    Connected,

    /// <summary>The socket of a connection was lost.</summary>
    Disconnected,

    /// <summary>A connection goes on over another socket.</summary>
    Resumed,

    /// <summary>A connection takes no new requests.</summary>
    Draining,

    /// <summary>A connection has ended.</summary>
    Closed,

    /// <summary>A request to an agent has finished.</summary>
    RequestFinished,
}
