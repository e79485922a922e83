namespace SocketRest.Benchmarks.Peers;

/// <summary>One way to move many bytes.</summary>
internal interface IBulkPeer : IAsyncDisposable
{
    string Name { get; }

    /// <summary>Receives exactly this many bytes of the pattern; fails on any other answer.</summary>
    Task DownloadAsync(long bytes);

    /// <summary>Sends this many bytes of the pattern and waits until the other end says that it got them all.</summary>
    Task UploadAsync(long bytes);
}
