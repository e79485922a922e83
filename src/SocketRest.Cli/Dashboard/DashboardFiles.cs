using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Reflection;
using Swashbuckle.AspNetCore.SwaggerUI;

namespace SocketRest.Cli.Dashboard;

/// <summary>The files of the dashboard by name: its own, and of Swagger UI what a page needs.</summary>
internal sealed class DashboardFiles
{
    private const string Own = "dashboard/";
    private const string SwaggerUI = "Swashbuckle.AspNetCore.SwaggerUI.node_modules.swagger_ui_dist.";

    private static readonly FrozenDictionary<string, (Assembly Assembly, string Resource)> s_resources = Find();

    private readonly ConcurrentDictionary<string, DashboardFile> _read = new(StringComparer.Ordinal);

    public DashboardFile? Get(string name) => s_resources.TryGetValue(name, out (Assembly Assembly, string Resource) found)
        ? _read.GetOrAdd(name, static (name, found) => DashboardFile.Read(found.Assembly, found.Resource, name), found)
        : null;

    private static FrozenDictionary<string, (Assembly Assembly, string Resource)> Find()
    {
        Assembly own = typeof(DashboardFiles).Assembly;
        Dictionary<string, (Assembly, string)> files = own.GetManifestResourceNames()
            .Where(name => name.StartsWith(Own, StringComparison.Ordinal))
            .ToDictionary(name => name[Own.Length..], name => (own, name));
        foreach (string name in (string[])["swagger-ui.css", "swagger-ui-bundle.js"])
        {
            files[name] = (typeof(SwaggerUIOptions).Assembly, SwaggerUI + name);
        }

        return files.ToFrozenDictionary(StringComparer.Ordinal);
    }
}
