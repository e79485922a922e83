namespace PetStore;

/// <summary>Where this machine reaches a hub that is up.</summary>
internal sealed class HubAddress
{
    public HubAddress(WebApplication hub)
    {
        var listening = new Uri(hub.Urls.First());
        // An address that stands for all of the machine's own is none to dial.
        Page = listening.Host is "0.0.0.0" or "[::]" ? new UriBuilder(listening) { Host = "127.0.0.1" }.Uri : listening;
    }

    public Uri Page { get; }

    public Uri Swagger => new(Page, "/swagger");

    public Uri Tunnel => new UriBuilder(Page) { Scheme = Page.Scheme == "https" ? "wss" : "ws", Path = Hub.TunnelPath }.Uri;
}
