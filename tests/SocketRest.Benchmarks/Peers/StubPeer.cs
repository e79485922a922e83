namespace SocketRest.Benchmarks.Peers;

/// <summary>No server and no transport: the floor below which no handler can go.</summary>
internal static class StubPeer
{
    public static async Task<Peer> StartAsync(Peer answerOf)
    {
        var handler = await StubHandler.RecordAsync(answerOf.Client, new Uri(answerOf.BaseAddress, App.ApplicationUnderTest.HelloPath));
        return new Peer("stub", handler, answerOf.BaseAddress, version: null);
    }
}
