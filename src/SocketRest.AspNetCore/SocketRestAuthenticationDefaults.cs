namespace SocketRest.AspNetCore;

/// <summary>The names of the authentication scheme that <c>AddAuthentication().AddSocketRest()</c> adds.</summary>
public static class SocketRestAuthenticationDefaults
{
    /// <summary>The scheme's name: <c>SocketRest</c>.</summary>
    public const string AuthenticationScheme = "SocketRest";
}
