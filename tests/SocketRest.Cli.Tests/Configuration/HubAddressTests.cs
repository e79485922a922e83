using SocketRest.Cli.Configuration;

namespace SocketRest.Cli.Tests.Configuration;

public sealed class HubAddressTests
{
    [Theory]
    [InlineData("wss://hub.example.com", "wss://hub.example.com/tunnel", "https://hub.example.com/agents/shop/", false)]
    [InlineData("https://hub.example.com/", "wss://hub.example.com/tunnel", "https://hub.example.com/agents/shop/", false)]
    [InlineData("wss://hub.example.com:8443/tunnel", "wss://hub.example.com:8443/tunnel", "https://hub.example.com:8443/agents/shop/", false)]
    [InlineData("https://example.com/hub/", "wss://example.com/hub/tunnel", "https://example.com/hub/agents/shop/", false)]
    [InlineData("ws://127.0.0.1:7080", "ws://127.0.0.1:7080/tunnel", "http://127.0.0.1:7080/agents/shop/", false)]
    [InlineData("http://[::1]:7080", "ws://[::1]:7080/tunnel", "http://[::1]:7080/agents/shop/", false)]
    [InlineData("ws://hub.example.com", "ws://hub.example.com/tunnel", "http://hub.example.com/agents/shop/", true)]
    public void Address_leads_to_the_tunnel_and_to_agents(string text, string tunnel, string agent, bool exposed)
    {
        HubAddress hub = HubAddress.Parse(text)!;

        Assert.Equal((tunnel, agent, exposed), (hub.TunnelUri.ToString(), hub.AgentUri("shop").ToString(), hub.IsExposed));
    }

    [Theory]
    [InlineData("hub.example.com")]
    [InlineData("hub.example.com:7080")]
    [InlineData("ftp://hub.example.com")]
    [InlineData("wss://user:password@hub.example.com")]
    [InlineData("wss://hub.example.com/?key=1")]
    [InlineData("wss://hub.example.com/#a")]
    [InlineData("")]
    public void What_is_no_address_is_none(string text) => Assert.Null(HubAddress.Parse(text));
}
