using System.Globalization;
using System.Net;
using SocketRest.Benchmarks.App;
using SocketRest.Benchmarks.Measuring;

namespace SocketRest.Benchmarks.Peers;

/// <summary>Bulk as the body of one HTTP exchange. One download and one upload may run at the same time.</summary>
internal sealed class HttpBulkPeer(Peer peer) : IBulkPeer
{
    private readonly byte[] _buffer = new byte[Pattern.ChunkSize];
    private long _moved;

    public string Name => peer.Name;

    /// <summary>Bytes that went through the client so far, both ways.</summary>
    public long Moved => Interlocked.Read(ref _moved);

    public async Task DownloadAsync(long bytes)
    {
        var uri = new Uri(peer.BaseAddress, string.Create(CultureInfo.InvariantCulture, $"{ApplicationUnderTest.DownloadPath}?bytes={bytes}"));
        using var response = await peer.Client.GetAsync(uri, HttpCompletionOption.ResponseHeadersRead);
        if (response.StatusCode != HttpStatusCode.OK)
        {
            throw new WrongAnswerException($"{Name} answered a download with {response.StatusCode}.");
        }

        await using var content = await response.Content.ReadAsStreamAsync();
        long offset = 0;
        int count;
        while ((count = await content.ReadAsync(_buffer)) > 0)
        {
            if (!Pattern.Matches(_buffer.AsSpan(0, count), offset))
            {
                throw new WrongAnswerException($"{Name} changed the bytes at {offset}.");
            }

            offset += count;
            Interlocked.Add(ref _moved, count);
        }

        if (offset != bytes)
        {
            throw new WrongAnswerException($"{Name} delivered {offset} of {bytes} bytes.");
        }
    }

    public async Task UploadAsync(long bytes)
    {
        using var content = new PatternContent(bytes, count => Interlocked.Add(ref _moved, count));
        using var response = await peer.Client.PostAsync(new Uri(peer.BaseAddress, ApplicationUnderTest.UploadPath), content);
        var answer = await response.Content.ReadAsStringAsync();
        if (response.StatusCode != HttpStatusCode.OK || answer != bytes.ToString(CultureInfo.InvariantCulture))
        {
            throw new WrongAnswerException($"{Name} answered an upload of {bytes} bytes with {response.StatusCode} and {answer}.");
        }
    }

    public ValueTask DisposeAsync() => peer.DisposeAsync();
}
