namespace SocketRest.AspNetCore.Tests.Tunnel;

/// <summary>Tests that measure the process: nothing else runs beside them.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone
{
    public const string Name = "alone";
}
