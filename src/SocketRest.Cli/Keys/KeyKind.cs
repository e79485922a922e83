namespace SocketRest.Cli.Keys;

/// <summary>What a key is for. A key is for one thing.</summary>
internal enum KeyKind
{
    /// <summary>Connects as an agent, under the names that the key binds.</summary>
    Agent,

    /// <summary>Manages the hub, and calls every agent.</summary>
    Operator,

    /// <summary>Calls agents from outside, those that the key names.</summary>
    Caller,
}
