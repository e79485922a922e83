using System.Net;
using SocketRest.Http;

namespace SocketRest.Tests.Http;

public sealed class HandlerSettingsTests
{
    [Fact]
    public void Defaults_AreThoseOfSocketsHttpHandler()
    {
        using var expected = new SocketsHttpHandler();
        var settings = new HandlerSettings();
        Assert.Equal(expected.AllowAutoRedirect, settings.AllowAutoRedirect);
        Assert.Equal(expected.MaxAutomaticRedirections, settings.MaxAutomaticRedirections);
        Assert.Equal(expected.UseCookies, settings.UseCookies);
        Assert.Equal(expected.AutomaticDecompression, settings.AutomaticDecompression);
        Assert.Equal(expected.CookieContainer.Count, settings.CookieContainer.Count);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void MaxAutomaticRedirections_IsPositive(int value) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new HandlerSettings { MaxAutomaticRedirections = value });

    [Fact]
    public void CookieContainer_IsMadeOnce()
    {
        var settings = new HandlerSettings();
        var containers = new CookieContainer[8];
        Parallel.For(0, containers.Length, i => containers[i] = settings.CookieContainer);
        Assert.All(containers, container => Assert.Same(containers[0], container));

        var own = new CookieContainer();
        settings.CookieContainer = own;
        Assert.Same(own, settings.CookieContainer);
        settings.CookieContainer = null;
        Assert.NotSame(own, settings.CookieContainer);
    }

    [Fact]
    public void AfterTheStart_NothingCanBeChanged()
    {
        var settings = new HandlerSettings();
        settings.Start();
        Assert.Throws<InvalidOperationException>(() => settings.AllowAutoRedirect = false);
        Assert.Throws<InvalidOperationException>(() => settings.MaxAutomaticRedirections = 5);
        Assert.Throws<InvalidOperationException>(() => settings.UseCookies = false);
        Assert.Throws<InvalidOperationException>(() => settings.CookieContainer = new CookieContainer());
        Assert.Throws<InvalidOperationException>(() => settings.AutomaticDecompression = DecompressionMethods.All);
        Assert.NotNull(settings.CookieContainer);
    }
}
