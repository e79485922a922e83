using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace SocketRest.AspNetCore.Tests.Pipeline;

/// <summary>
/// A real Kestrel that answers an HTTP/2 request with the path and the query that it made of the target. Its client writes the frames by
/// hand: HttpClient mends or refuses the targets that matter most.
/// </summary>
public sealed class KestrelPathServer : IAsyncLifetime
{
    private WebApplication? _app;
    private TcpClient? _client;
    private uint _nextStream = 1;

    public async Task InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        _app = builder.Build();
        _app.Run(context =>
        {
            var raw = context.Features.GetRequiredFeature<IHttpRequestFeature>();
            return context.Response.WriteAsync($"{raw.Path}\n{raw.QueryString}\n{raw.RawTarget}");
        });
        await _app.StartAsync();
    }

    public async Task DisposeAsync()
    {
        _client?.Dispose();
        if (_app is not null)
            await _app.DisposeAsync();
    }

    /// <summary>The path and the query, or null where Kestrel refused the target or the authority.</summary>
    public async Task<(string Path, string Query)?> AskAsync(string target, string method = "GET", string authority = "localhost")
    {
        var stream = (_client ??= await ConnectAsync()).GetStream();
        var id = _nextStream;
        _nextStream += 2;

        var block = new List<byte>();
        AddField(block, ":method", Encoding.ASCII.GetBytes(method));
        AddField(block, ":scheme", "http"u8);
        AddField(block, ":authority", Encoding.UTF8.GetBytes(authority));
        AddField(block, ":path", Encoding.UTF8.GetBytes(target));
        const byte endStreamAndHeaders = 0x05;
        await stream.WriteAsync(Frame(1, endStreamAndHeaders, id, [.. block]));

        var body = new MemoryStream();
        while (true)
        {
            var (type, flags, streamId, payload) = await ReadFrameAsync(stream);
            switch (type)
            {
                case 0:
                    body.Write(payload);
                    break;
                case 3 when streamId == id:
                    return null;
                case 7:
                    _client.Dispose();
                    _client = null;
                    _nextStream = 1;
                    return null;
                case 4 when (flags & 1) == 0:
                    await stream.WriteAsync(Frame(4, 1, 0, []));
                    break;
            }

            if (type is 0 or 1 && streamId == id && (flags & 1) != 0)
                break;
        }

        // A 400 has no body.
        if (body.Length == 0)
            return null;
        await stream.WriteAsync(Frame(8, 0, 0, BigEndian((uint)body.Length)));

        // The path itself may hold line feeds ("%0A"), the query and the raw target may not.
        var lines = Encoding.UTF8.GetString(body.ToArray()).Split('\n');
        Assert.Equal(target, lines[^1]);
        return (string.Join('\n', lines[..^2]), lines[^2]);
    }

    private async Task<TcpClient> ConnectAsync()
    {
        var client = new TcpClient { NoDelay = true };
        await client.ConnectAsync(IPAddress.Loopback, new Uri(_app!.Urls.First()).Port);
        await client.GetStream().WriteAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray());
        await client.GetStream().WriteAsync(Frame(4, 0, 0, []));
        return client;
    }

    private static async Task<(byte Type, byte Flags, uint Stream, byte[] Payload)> ReadFrameAsync(NetworkStream stream)
    {
        var header = new byte[9];
        await stream.ReadExactlyAsync(header);
        var payload = new byte[header[0] << 16 | header[1] << 8 | header[2]];
        await stream.ReadExactlyAsync(payload);
        return (header[3], header[4], BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(5)), payload);
    }

    private static byte[] Frame(byte type, byte flags, uint stream, byte[] payload) =>
        [(byte)(payload.Length >> 16), (byte)(payload.Length >> 8), (byte)payload.Length, type, flags, .. BigEndian(stream), .. payload];

    private static byte[] BigEndian(uint value) => [(byte)(value >> 24), (byte)(value >> 16), (byte)(value >> 8), (byte)value];

    /// <summary>A literal field without indexing or Huffman coding (RFC 7541, section 6.2.2).</summary>
    private static void AddField(List<byte> block, string name, ReadOnlySpan<byte> value)
    {
        block.Add(0);
        AddString(block, Encoding.ASCII.GetBytes(name));
        AddString(block, value);
    }

    private static void AddString(List<byte> block, ReadOnlySpan<byte> text)
    {
        if (text.Length < 127)
        {
            block.Add((byte)text.Length);
        }
        else
        {
            block.Add(127);
            var rest = text.Length - 127;
            for (; rest >= 128; rest >>= 7)
                block.Add((byte)(rest & 127 | 128));
            block.Add((byte)rest);
        }

        block.AddRange(text);
    }
}
