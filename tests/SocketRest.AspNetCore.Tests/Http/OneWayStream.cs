namespace SocketRest.AspNetCore.Tests.Http;

/// <summary>Can be read once.</summary>
internal sealed class OneWayStream(byte[] bytes) : MemoryStream(bytes)
{
    public override bool CanSeek => false;
}
