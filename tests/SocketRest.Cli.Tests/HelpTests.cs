using SocketRest.Cli.Configuration;

namespace SocketRest.Cli.Tests;

public sealed class HelpTests
{
    [Fact]
    public async Task Help_says_what_the_command_is_for_and_every_exit_code()
    {
        CommandRun run = await CommandRun.RunAsync("--help");

        Assert.Equal(0, run.ExitCode);
        Assert.Contains("devices behind NAT", run.Output, StringComparison.Ordinal);
        Assert.All(Enum.GetValues<ExitCode>(), code => Assert.Matches($"(?m)^  {(int)code} +[a-z]", run.Output));
    }

    [Theory]
    [InlineData("hub")]
    [InlineData("keys", "new")]
    [InlineData("expose")]
    [InlineData("call")]
    [InlineData("agents")]
    public async Task Help_of_a_command_shows_examples(params string[] command)
    {
        CommandRun run = await CommandRun.RunAsync([.. command, "--help"]);

        Assert.Contains($"  socketrest {string.Join(' ', command)}", run.Output, StringComparison.Ordinal);
        Assert.Contains("Examples:", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Slip_of_the_finger_is_a_line_and_not_a_page()
    {
        CommandRun run = await CommandRun.RunAsync("hub", "--kyes", "file");

        Assert.Equal((int)ExitCode.Usage, run.ExitCode);
        Assert.Contains("--kyes", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("Examples:", run.Output, StringComparison.Ordinal);
    }
}
