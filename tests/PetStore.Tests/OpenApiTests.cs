using System.Diagnostics;

namespace PetStore.Tests;

public class OpenApiTests
{
    [Fact]
    public async Task The_document_and_the_client_that_are_checked_in_are_what_the_script_generates()
    {
        var fresh = Directory.CreateTempSubdirectory("petstore-openapi-");
        try
        {
            await GenerateAsync(fresh.FullName);
            AssertSame(Repository.File("openapi", "petstore.json"), Path.Combine(fresh.FullName, "petstore.json"));
            AssertSame(
                Repository.File("examples", "PetStore", "Generated", "PetStoreClient.cs"), Path.Combine(fresh.FullName, "PetStoreClient.cs"));
        }
        finally
        {
            fresh.Delete(recursive: true);
        }
    }

    private static async Task GenerateAsync(string output)
    {
        var generate = Repository.File("openapi", "generate");
        var script = new ProcessStartInfo("bash", [generate, "--only", "store", "--output", output, "--no-build", "--configuration", Repository.Configuration])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(script)!;
        var said = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"openapi/generate ended with {process.ExitCode}:\n{string.Concat(said)}");
    }

    private static void AssertSame(string checkedIn, string generated)
    {
        var expected = File.ReadAllLines(generated);
        var actual = File.ReadAllLines(checkedIn);
        var same = expected.Zip(actual).TakeWhile(pair => pair.First == pair.Second).Count();
        Assert.True(
            same == expected.Length && same == actual.Length,
            $"{checkedIn} is out of date from line {same + 1}: run openapi/generate and commit what it writes.");
    }
}
