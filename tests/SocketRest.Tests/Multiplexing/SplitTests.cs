using System.Text;
using SocketRest.Protocol;
using SocketRest.Tests.Dialogues;

namespace SocketRest.Tests.Multiplexing;

/// <summary>Message boundaries mean nothing: however a dialogue's bytes are cut into messages, the same comes of it.</summary>
public sealed class SplitTests
{
    [Fact]
    public async Task A_cut_at_every_byte_gives_the_same_result()
    {
        byte[] script = Script();
        string whole = await PlayAsync(script, []);
        Assert.Contains("/3 content-length=700", whole, StringComparison.Ordinal);
        Assert.Contains("checksum=abc", whole, StringComparison.Ordinal);
        for (int cut = 1; cut < script.Length; cut++)
        {
            Assert.Equal(whole, await PlayAsync(script, [cut]));
        }
    }

    [Fact]
    public async Task Byte_by_byte_gives_the_same_result()
    {
        byte[] script = Script();
        Assert.Equal(await PlayAsync(script, []), await PlayAsync(script, [.. Enumerable.Range(1, script.Length - 1)]));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task Random_cuts_of_large_bodies_give_the_same_result(int seed)
    {
        byte[] script = Script(bodySize: 60_000);
        string whole = await PlayAsync(script, []);
        var random = new Random(seed);
        for (int round = 0; round < 10; round++)
        {
            int[] cuts = [.. Enumerable.Range(0, random.Next(1, 60)).Select(_ => random.Next(1, script.Length)).Distinct().Order()];
            Assert.Equal(whole, await PlayAsync(script, cuts));
        }
    }

    /// <summary>Four requests, interleaved, with bodies, trailers, repeated fields, a reset, control frames and an unknown frame.</summary>
    private static byte[] Script(int bodySize = 700)
    {
        var peer = new RawPeer(SocketPair.Create().Dialling);
        byte[] body = Bytes.Pattern(bodySize, 5);
        var bytes = new MemoryStream();
        bytes.Write(peer.Request(1, path: "/1", more: ("accept", "text/plain")));
        bytes.Write(peer.Request(3, endStream: false, "POST", "/3", ("content-length", $"{bodySize}"), ("accept", "text/plain")));
        bytes.Write(peer.Request(5, endStream: false, "PUT", "/5", ("x", "é")));
        bytes.Write(Frames.Data(3, body.AsSpan(0, 100)));
        bytes.Write(Frames.Data(5, body.AsSpan(0, 50)));
        bytes.Write(Frames.Ping(77, data: "abc"u8));
        bytes.Write(Frames.Data(3, body.AsSpan(100), endStream: true));
        bytes.Write(Frames.Frame((FrameType)0x44, FrameFlags.EndStream, 99, 1, 2, 3));
        bytes.Write(Frames.Window(5, 1000));
        bytes.Write(Frames.Data(5, []));
        bytes.Write(peer.Headers(5, true, ("checksum", "abc")));
        bytes.Write(peer.Request(7, endStream: false, path: "/7"));
        bytes.Write(Frames.Reset(7, SocketRestErrorCode.Cancelled, "enough"));
        bytes.Write(peer.Request(9, path: "/9", more: ("checksum", "abc")));
        bytes.Write(Frames.Ping(78));
        return bytes.ToArray();
    }

    private static async Task<string> PlayAsync(byte[] script, int[] cuts)
    {
        var seen = new Dictionary<string, Task<string>>();
        var server = new ManualServer { Handler = call => { lock (seen) { seen[call.Path] = DescribeAsync(call); } return Task.CompletedTask; } };
        await using Dialogue dialogue = await Dialogue.StartAsync(server: server);
        int start = 0;
        foreach (int end in cuts.Append(script.Length))
        {
            await dialogue.Peer.SendBytesAsync(script[start..end]);
            start = end;
        }

        Assert.Equal(77ul, (await NextPingAsync(dialogue)).LongNumber);
        Assert.Equal(78ul, (await NextPingAsync(dialogue)).LongNumber);
        await Patience.UntilAsync(() => { lock (seen) { return seen.Count == 5; } });
        return string.Join('\n', await Task.WhenAll(seen.OrderBy(call => call.Key, StringComparer.Ordinal).Select(call => call.Value)).Soon());
    }

    private static async Task<RawFrame> NextPingAsync(Dialogue dialogue)
    {
        RawFrame frame;
        while ((frame = await dialogue.Peer.ReceiveAsync()).Type != FrameType.Ping)
        {
            Assert.Equal(FrameType.Window, frame.Type);
        }

        return frame;
    }

    private static async Task<string> DescribeAsync(ServedCall call)
    {
        var text = new StringBuilder(call.Path);
        foreach ((string name, string value) in call.Fields)
        {
            text.Append(' ').Append(name.ToLowerInvariant()).Append('=').Append(value);
        }

        try
        {
            text.Append(' ').Append(Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(await call.ReadToEndAsync())));
            foreach (var field in call.Stream.RemoteTrailers?.Span.ToArray() ?? [])
            {
                text.Append(' ').Append(field.Name).Append('=').Append(field.Value);
            }
        }
        catch (SocketRestException reason)
        {
            text.Append(' ').Append(reason.ErrorCode).Append(' ').Append(reason.Message);
        }

        return text.ToString();
    }
}
