using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using SocketRest.Cli.Hub.Authentication;
using SocketRest.Cli.Hub.SignIn;
using SocketRest.Cli.Management;

namespace SocketRest.Cli.Hub;

/// <summary>Builds a hub of its options: what is in it, behind what, in which order.</summary>
internal static class HubHost
{
    public const string TunnelPath = "/tunnel";

    public const string AgentsPath = "/agents";

    /// <param name="options">The options, looked at already.</param>
    /// <param name="configure">What a test changes.</param>
    public static WebApplication Build(HubOptions options, Action<WebApplicationBuilder>? configure = null)
    {
        WebApplicationBuilder builder = CreateBuilder(options.ConfigFile);
        if (options.Urls.Count > 0)
        {
            builder.WebHost.UseUrls([.. options.Urls]);
            builder.WebHost.UseSetting(WebHostDefaults.HttpPortsKey, "").UseSetting(WebHostDefaults.HttpsPortsKey, "");
        }

        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;

            // As the requests' fields are read, and the tunnel has them: an agent's file name with an umlaut is no reason to fail.
            kestrel.ResponseHeaderEncodingSelector = static _ => Encoding.UTF8;
        });
        HubLogging.Configure(builder, options);
        builder.Services.AddSingleton(options);
        builder.Services.AddHubSecurity(options);
        builder.Services.AddSocketRest(tunnels => HubTunnels.Configure(tunnels, options));
        builder.Services.AddHubManagement(management =>
        {
            management.Policy = options.IsOpen ? null : HubPolicies.Operators;
            management.AgentPath = AgentsPath + "/{agent}";
            foreach (string host in options.PublicHosts)
            {
                management.AgentHosts.Add("*." + host);
            }
        });
        configure?.Invoke(builder);

        WebApplication app = builder.Build();

        // They read files, which are there now and may not be when the first request comes.
        _ = app.Services.GetServices<ICredentialReader>();
        if (options.IsOpen)
        {
            app.UseMiddleware<OnlyThisMachine>();
        }

        app.UseTrustedProxies(options.TrustedProxies);
        app.UseRouting();
        Visitors? visitors = app.Services.GetService<Visitors>();
        if (visitors is not null)
        {
            app.Use(visitors.RunAsync);
        }

        app.UseAuthentication();
        app.UseAuthorization();
        if (app.Services.GetService<KeyedRequests>() is { } requests)
        {
            app.Use(requests.RunAsync);
        }

        app.UseMiddleware<HubKeyRemoval>();
        app.MapSocketRest(TunnelPath).RequireAuthorization(HubPolicies.Agents);
        app.MapAgents(AgentsPath + "/{agent}/{**path}");
        foreach (string host in options.PublicHosts)
        {
            app.MapAgents("{agent}." + host);
        }

        app.MapHubManagement();
        if (visitors is not null)
        {
            SignInEndpoints.Map(app);
        }

        return app;
    }

    /// <summary>How large a request may be is for who answers it to say: what passes takes no memory here that grows with it.</summary>
    private static void MapAgents(this WebApplication app, string pattern) =>
        app.MapSocketRestForwarder(pattern, forwarder => forwarder.AgentLimitsBodySize = true).RequireAuthorization(HubPolicies.Callers).RecordRequests(app.Services);

    /// <summary>What ASP.NET Core itself reads: the sections of the file, and in front of them its variables.</summary>
    public static IConfiguration Configuration(string? file) => CreateBuilder(file).Configuration;

    private static WebApplicationBuilder CreateBuilder(string? file)
    {
        // Not the working directory: settings that happen to lie around there are some other application's.
        WebApplicationBuilder builder = WebApplication.CreateBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        if (file is not null)
        {
            builder.Configuration.Sources.Insert(0, new Microsoft.Extensions.Configuration.Json.JsonConfigurationSource
            {
                Path = Path.GetFileName(file),
                FileProvider = new Microsoft.Extensions.FileProviders.PhysicalFileProvider(Path.GetDirectoryName(file)!),
                ReloadOnChange = false,
            });
        }

        return builder;
    }
}
