using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace SocketRest.AspNetCore.Tests.Conformance.Transports;

/// <summary>The application under test before the test has said anything: cheap to start, silent, and quick to stop.</summary>
internal static class TestApplication
{
    public static WebApplicationBuilder CreateBuilder()
    {
        // The empty builder watches no configuration files and adds no log providers: a host costs milliseconds.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddRouting();
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromSeconds(5));
        return builder;
    }
}
