using System.Net;
using Microsoft.AspNetCore.Http;

namespace SocketRest.Cli.Hub;

/// <summary>What an address to listen at means to Kestrel: whether others than this machine reach it.</summary>
internal static class ListenAddress
{
    /// <summary>Says why Kestrel would not take the address, or null.</summary>
    public static string? Fault(string address)
    {
        try
        {
            var parsed = BindingAddress.Parse(address);
            if (parsed.Scheme is not ("http" or "https"))
            {
                return "an address begins with http:// or https://";
            }

            return parsed.PathBase.Length > 0 && !parsed.IsUnixPipe && !parsed.IsNamedPipe ? "an address to listen at has no path" : null;
        }
        catch (Exception exception) when (exception is FormatException or ArgumentException or InvalidOperationException)
        {
            return "an address looks like http://127.0.0.1:7080";
        }
    }

    /// <summary>Whether only this machine reaches it. To Kestrel every host name but localhost means all addresses of the machine.</summary>
    public static bool IsLoopback(string address)
    {
        var parsed = BindingAddress.Parse(address);
        return parsed.IsUnixPipe
            || parsed.IsNamedPipe
            || parsed.Host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
            || (IPAddress.TryParse(parsed.Host, out IPAddress? ip) && IPAddress.IsLoopback(ip));
    }
}
