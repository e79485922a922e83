using Microsoft.Playwright;

namespace SocketRest.Cli.Tests.Dashboard;

/// <summary>One browser for the tests of a class: the system's Chromium, which <c>tests/run</c> installs.</summary>
public sealed class Chromium : IAsyncLifetime
{
    /// <summary>A name of this machine that the browser takes for one of the network: over plain HTTP it trusts it less than localhost.</summary>
    public const string PublicName = "hub.example";

    private const string Path = "/usr/bin/chromium";

    private IPlaywright? _playwright;
    private IBrowser? _browser;

    public async Task InitializeAsync()
    {
        Assert.True(File.Exists(Path), $"{Path} is missing: apt-get install chromium.");
        Assertions.SetDefaultExpectTimeout((float)Patience.Limit.TotalMilliseconds);
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = Path,
            Timeout = (float)Patience.Limit.TotalMilliseconds,
            Args = [$"--host-resolver-rules=MAP {PublicName} 127.0.0.1, MAP *.{PublicName} 127.0.0.1", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"],
        });
    }

    public Task<IBrowserContext> NewContextAsync(BrowserNewContextOptions options) => _browser!.NewContextAsync(options);

    public async Task DisposeAsync()
    {
        if (_browser is not null)
        {
            await _browser.CloseAsync();
        }

        _playwright?.Dispose();
    }
}
