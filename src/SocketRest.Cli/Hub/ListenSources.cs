using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using SocketRest.Cli.Configuration;

namespace SocketRest.Cli.Hub;

/// <summary>Every way in which a host can be told where to listen, beside the hub's own option.</summary>
internal static class ListenSources
{
    /// <summary>The addresses of ASP.NET Core's own settings (ASPNETCORE_URLS, HTTP_PORTS, HTTPS_PORTS), and who says so; null for none.</summary>
    public static SettingList? Urls(IConfiguration configuration)
    {
        if (Items(configuration[WebHostDefaults.ServerUrlsKey]) is { Length: > 0 } urls)
        {
            return new SettingList(urls, "ASPNETCORE_URLS");
        }

        string[] ports =
        [
            .. Items(configuration[WebHostDefaults.HttpPortsKey]).Select(port => $"http://*:{port}"),
            .. Items(configuration[WebHostDefaults.HttpsPortsKey]).Select(port => $"https://*:{port}"),
        ];
        return ports.Length > 0 ? new SettingList(ports, "ASPNETCORE_HTTP_PORTS or ASPNETCORE_HTTPS_PORTS") : null;
    }

    /// <summary>The addresses of Kestrel's configuration, which come before all others; null for none.</summary>
    public static SettingList? KestrelEndpoints(IConfiguration configuration)
    {
        string[] urls = [.. configuration.GetSection("Kestrel:Endpoints").GetChildren().Select(endpoint => endpoint["Url"] ?? "")];
        return urls.Length > 0 ? new SettingList(urls, "Kestrel:Endpoints") : null;
    }

    private static string[] Items(string? list) => list?.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [];
}
