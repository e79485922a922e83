using SocketRest.Benchmarks.App;
using SocketRest.Benchmarks.Measuring;

namespace SocketRest.Benchmarks.Idle;

/// <summary>A tunnel. What it carries is several calls at once, so that the hub has several streams to keep.</summary>
internal sealed class TunnelLink(SocketRestClient client) : IIdleLink
{
    public static async Task<IIdleLink> ConnectAsync(Uri hub, HttpMessageInvoker dialler) =>
        new TunnelLink(await SocketRestClient.ConnectAsync(new UriBuilder(hub) { Scheme = "ws", Path = IdleHub.TunnelPath }.Uri, options => options.Invoker = dialler));

    public async Task CarryAsync(int bytes)
    {
        using var http = new HttpClient(client.CreateHandler()) { BaseAddress = new Uri("http://hub/") };
        await Task.WhenAll(Enumerable.Range(0, bytes / 2 / Pattern.ChunkSize).Select(_ => EchoAsync(http)));
    }

    private static async Task EchoAsync(HttpClient http)
    {
        using var content = new ReadOnlyMemoryContent(Pattern.Chunk(0, Pattern.ChunkSize));
        using var response = await http.PostAsync(IdleHub.EchoPath, content);
        var body = await response.Content.ReadAsByteArrayAsync();
        if (body.Length != Pattern.ChunkSize || !Pattern.Matches(body, 0))
        {
            throw new WrongAnswerException("A tunnel changed the bytes that it carried.");
        }
    }
}
