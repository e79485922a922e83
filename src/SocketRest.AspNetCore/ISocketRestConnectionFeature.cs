namespace SocketRest.AspNetCore;

/// <summary>
/// Present on every request that came through a tunnel, and on no other: <c>HttpContext.Features.Get&lt;ISocketRestConnectionFeature&gt;()</c>.
/// </summary>
public interface ISocketRestConnectionFeature
{
    /// <summary>The connection that carries the request. Its handler calls back to the other end.</summary>
    SocketRestConnection Connection { get; }
}
