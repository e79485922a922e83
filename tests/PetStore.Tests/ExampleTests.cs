using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;

namespace PetStore.Tests;

public partial class ExampleTests
{
    [Fact]
    public async Task Both_ends_are_called_through_the_tunnel()
    {
        await using var example = ExampleProcess.Start("--once", "--urls", "http://127.0.0.1:0");

        Assert.True(await example.WaitForExitAsync() == 0, example.Output);

        var processes = ProcessesIn(example.Output);
        Assert.Equal(["hub", "kiln-7"], processes.Keys.Order());
        Assert.NotEqual(processes["hub"], processes["kiln-7"]);
    }

    [Fact]
    public async Task It_stays_up_with_a_page_to_open_and_takes_the_device_with_it_when_it_is_told_to_end()
    {
        await using var example = ExampleProcess.Start("--urls", "http://127.0.0.1:0");
        var page = new Uri((await example.WaitForLineAsync("Open http")).Split(' ')[1]);
        using var http = new HttpClient();
        Assert.Contains("swagger-ui", await http.GetStringAsync(page));
        Assert.Contains("\"/pets/{id}\"", await http.GetStringAsync(new Uri(page, "/swagger/v1/swagger.json")));
        Assert.Contains("\"/devices/{name}/pets\"", await http.GetStringAsync(new Uri(page, "/swagger/hub/swagger.json")));
        Assert.Contains("Ember", await http.GetStringAsync(new Uri(page, "/devices/kiln-7/pets")));
        var device = ProcessesIn(example.Output)["kiln-7"];
        Assert.False(Process.GetProcessById(device).HasExited);

        await example.TerminateAsync();

        Assert.True(await example.WaitForExitAsync() == 0, example.Output);
        Assert.Throws<ArgumentException>(() => Process.GetProcessById(device));
    }

    [Fact]
    public async Task A_port_that_is_taken_is_said_in_one_line()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var url = $"http://{other.LocalEndpoint}";

        await using var example = ExampleProcess.Start("--once", "--urls", url);

        Assert.Equal(1, await example.WaitForExitAsync());
        Assert.StartsWith($"Failed to bind to address {url}: address already in use.", example.Output);
        Assert.DoesNotContain('\n', example.Output);
    }

    private static Dictionary<string, int> ProcessesIn(string output) =>
        AnsweringProcess().Matches(output).ToDictionary(match => match.Groups[1].Value, match => int.Parse(match.Groups[2].Value));

    [GeneratedRegex("'(.+)' answers, in process ([0-9]+)")]
    private static partial Regex AnsweringProcess();
}
