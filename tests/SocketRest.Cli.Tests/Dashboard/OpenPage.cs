using Microsoft.Playwright;
using SocketRest.Cli.Tests.Management;

namespace SocketRest.Cli.Tests.Dashboard;

/// <summary>A page in a browser, which must have nothing to complain about.</summary>
internal sealed class OpenPage : IAsyncDisposable
{
    private readonly IBrowserContext _context;
    private readonly string? _expected;
    private readonly List<string> _complaints = [];

    private OpenPage(IBrowserContext context, IPage page, string address, string? expected)
    {
        _context = context;
        _expected = expected;
        Page = page;
        Address = address;

        // Also for pages that this one opens, and for the wait for them.
        context.SetDefaultTimeout((float)Patience.Limit.TotalMilliseconds);
        page.PageError += (_, error) => Complain(error);
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning")
            {
                Complain(message.Text);
            }
        };
    }

    public IPage Page { get; }

    /// <summary>The dashboard.</summary>
    public string Address { get; }

    /// <param name="chromium">The browser.</param>
    /// <param name="hub">Whose dashboard it is.</param>
    /// <param name="path">The page, under the dashboard.</param>
    /// <param name="width">Of the window, in pixels.</param>
    /// <param name="dark">Whether the person prefers it dark.</param>
    /// <param name="expected">What the browser may say, by a part of it: the test causes it.</param>
    public static Task<OpenPage> OpenAsync(Chromium chromium, ManagedHub hub, string path = "", int width = 1280, bool dark = false, string? expected = null) =>
        OpenAsync(chromium, $"http://localhost:{hub.Port}/_hub/", path, width, dark, expected);

    /// <param name="chromium">The browser.</param>
    /// <param name="address">The dashboard, or whatever is opened instead.</param>
    /// <param name="path">The page, under that address.</param>
    /// <param name="width">Of the window, in pixels.</param>
    /// <param name="dark">Whether the person prefers it dark.</param>
    /// <param name="expected">What the browser may say, by a part of it: the test causes it.</param>
    public static async Task<OpenPage> OpenAsync(Chromium chromium, string address, string path = "", int width = 1280, bool dark = false, string? expected = null)
    {
        IBrowserContext context = await chromium.NewContextAsync(new BrowserNewContextOptions
        {
            ViewportSize = new ViewportSize { Width = width, Height = width < 600 ? 760 : 860 },
            ColorScheme = dark ? ColorScheme.Dark : ColorScheme.Light,
            HasTouch = width < 600,
            IgnoreHTTPSErrors = true,
        });
        var opened = new OpenPage(context, await context.NewPageAsync(), address, expected);
        await opened.Page.GotoAsync(opened.Address + path);
        return opened;
    }

    public ILocator Agent(string name) => Page.Locator("#agents tbody tr").Filter(new LocatorFilterOptions { Has = Page.GetByRole(AriaRole.Link, new() { Name = name, Exact = true }) });

    public ILocator Button(string name) => Page.GetByRole(AriaRole.Button, new() { Name = name, Exact = true });

    /// <summary>Nothing sticks out to the right.</summary>
    public async Task AssertFitsAsync() => Assert.Equal(
        "", await Page.EvaluateAsync<string>("""
            () => {
              const width = document.documentElement.clientWidth;
              const wide = [...document.querySelectorAll('body *')].filter(one => one.getBoundingClientRect().right > width + 0.5 && getComputedStyle(one).position !== 'absolute');
              return document.documentElement.scrollWidth <= width ? '' : `${document.documentElement.scrollWidth} > ${width}: ` + wide.slice(-3).map(one => one.outerHTML.slice(0, 120)).join(' | ');
            }
            """));

    /// <summary>Keeps a picture where SOCKETREST_SCREENSHOTS names a folder, for people to look at.</summary>
    public async Task PictureAsync(string name)
    {
        if (Environment.GetEnvironmentVariable("SOCKETREST_SCREENSHOTS") is { Length: > 0 } folder)
        {
            await Page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(folder, name + ".png"), FullPage = true });
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _context.CloseAsync();
        lock (_complaints)
        {
            Assert.Empty(_complaints);
        }
    }

    private void Complain(string text)
    {
        if (_expected is null || !text.Contains(_expected, StringComparison.Ordinal))
        {
            lock (_complaints)
            {
                _complaints.Add(text);
            }
        }
    }
}
