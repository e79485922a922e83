using System.Diagnostics;
using System.Reflection;

namespace SocketRest.Cli.Tests.Management;

public sealed class OpenApiTests
{
    [Fact]
    public async Task The_document_and_the_client_that_are_checked_in_are_what_the_script_generates()
    {
        DirectoryInfo fresh = Directory.CreateTempSubdirectory("hub-openapi-");
        try
        {
            await GenerateAsync(fresh.FullName);
            AssertSame("openapi/hub.json", Path.Combine(fresh.FullName, "hub.json"));
            AssertSame("src/SocketRest.Cli/Generated/HubClient.cs", Path.Combine(fresh.FullName, "HubClient.cs"));
        }
        finally
        {
            fresh.Delete(recursive: true);
        }
    }

    private static async Task GenerateAsync(string output)
    {
        string generate = Path.Combine(Metadata("RepositoryRoot"), "openapi", "generate");
        var script = new ProcessStartInfo("bash", [generate, "--only", "hub", "--output", output, "--no-build", "--configuration", Metadata("Configuration")])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(script)!;
        string[] said = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"openapi/generate ended with {process.ExitCode}:\n{string.Concat(said)}");
    }

    private static void AssertSame(string checkedIn, string generated)
    {
        string[] expected = File.ReadAllLines(generated);
        string[] actual = File.ReadAllLines(Path.Combine(Metadata("RepositoryRoot"), checkedIn));
        int same = expected.Zip(actual).TakeWhile(pair => pair.First == pair.Second).Count();
        Assert.True(
            same == expected.Length && same == actual.Length,
            $"{checkedIn} is out of date from line {same + 1}: run openapi/generate and commit what it writes.");
    }

    private static string Metadata(string key) =>
        typeof(OpenApiTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == key).Value!;
}
