using System.Diagnostics;

namespace SocketRest.Cli.Tests;

public sealed class HelpTests
{
    [Fact]
    public async Task Help_says_what_the_command_is_for()
    {
        using var process = Process.Start(new ProcessStartInfo("dotnet", [typeof(HelpTests).Assembly.Location.Replace("SocketRest.Cli.Tests.dll", "SocketRest.Cli.dll", StringComparison.Ordinal), "--help"])
        {
            RedirectStandardOutput = true,
        })!;
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(0, process.ExitCode);
        Assert.Contains("devices behind NAT", output, StringComparison.Ordinal);
    }
}
