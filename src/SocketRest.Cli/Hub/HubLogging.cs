using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using SocketRest.Cli.Hub.Authentication;

namespace SocketRest.Cli.Hub;

/// <summary>What a hub logs, and how: who comes and goes, and what went wrong. The section Logging of the configuration has the last word.</summary>
internal static class HubLogging
{
    public static void Configure(WebApplicationBuilder builder, HubOptions options)
    {
        ILoggingBuilder logging = builder.Logging;
        logging.ClearProviders();
        if (options.Json)
        {
            logging.AddJsonConsole(console => console.IncludeScopes = true);
        }
        else
        {
            logging.AddSimpleConsole(console =>
            {
                console.SingleLine = true;
                console.TimestampFormat = "HH:mm:ss ";
                console.ColorBehavior = LoggerColorBehavior.Default;
            });
        }

        logging.SetMinimumLevel(LogLevel.Information);
        logging.AddFilter("Microsoft", LogLevel.Warning);

        // It says itself whom it turns away, once and with the reason.
        logging.AddFilter(typeof(HubAuthenticationHandler).FullName, LogLevel.Warning);
        if (options.Verbose)
        {
            logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.Information);
        }

        // What keeps the hub from starting is said in a sentence, without the stack trace that the host would log before it.
        logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None);
        logging.AddConfiguration(builder.Configuration.GetSection("Logging"));
        builder.Services.Configure<ConsoleLifetimeOptions>(lifetime => lifetime.SuppressStatusMessages = true);
    }
}
