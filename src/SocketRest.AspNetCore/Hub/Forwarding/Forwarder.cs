using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace SocketRest.AspNetCore.Hub.Forwarding;

/// <summary>What the forwarders of one hub share.</summary>
internal sealed class Forwarder(
    AgentCalls calls, SocketRestConnectionRegistry registry, IOptions<SocketRestServerOptions> options, ILoggerFactory loggers)
{
    public AgentCalls Calls => calls;

    public SocketRestConnectionRegistry Registry => registry;

    public TimeProvider Time => options.Value.TimeProvider;

    /// <summary>In a category of its own: what agents and callers do wrong is not the hub's affair.</summary>
    public ILogger Logger { get; } = loggers.CreateLogger("SocketRest.AspNetCore.Forwarder");

    public Via Via { get; } = new($"socketrest-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8))}");
}
