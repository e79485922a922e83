using System.Net.Sockets;
using System.Text;
using SocketRest.AspNetCore.Tests.Conformance;

namespace SocketRest.AspNetCore.Tests.Forwarding;

/// <summary>HTTP/1.1 written and read by hand.</summary>
internal sealed class RawHttp : IDisposable
{
    private readonly TcpClient _tcp = new() { NoDelay = true };
    private readonly List<byte> _read = [];
    private NetworkStream _stream = null!;

    public static async Task<RawHttp> ConnectAsync(Uri address)
    {
        var raw = new RawHttp();
        await raw._tcp.ConnectAsync(address.Host, address.Port).InTime();
        raw._stream = raw._tcp.GetStream();
        return raw;
    }

    public Task SendAsync(string text) => _stream.WriteAsync(Encoding.Latin1.GetBytes(text)).InTime();

    /// <summary>Everything up to and with the first occurrence of the text.</summary>
    public async Task<string> ReadUntilAsync(string end)
    {
        var buffer = new byte[4096];
        while (true)
        {
            string text = Encoding.Latin1.GetString([.. _read]);
            int at = text.IndexOf(end, StringComparison.Ordinal);
            if (at >= 0)
            {
                _read.RemoveRange(0, at + end.Length);
                return text[..(at + end.Length)];
            }

            int count = await _stream.ReadAsync(buffer).InTime();
            if (count == 0)
            {
                throw new EndOfStreamException($"The connection ended after: {text}");
            }

            _read.AddRange(buffer[..count]);
        }
    }

    public Task<string> ReadHeadAsync() => ReadUntilAsync("\r\n\r\n");

    /// <summary>Everything until the server closes; <see langword="null"/> where it resets.</summary>
    public async Task<string?> ReadToEndAsync()
    {
        var buffer = new byte[4096];
        try
        {
            int count;
            while ((count = await _stream.ReadAsync(buffer).InTime()) > 0)
            {
                _read.AddRange(buffer[..count]);
            }
        }
        catch (IOException)
        {
            return null;
        }

        return Encoding.Latin1.GetString([.. _read]);
    }

    /// <summary>Sends nothing more.</summary>
    public void EndSending() => _tcp.Client.Shutdown(SocketShutdown.Send);

    /// <summary>Closes with a reset.</summary>
    public void Cut() => _tcp.Client.Close(0);

    public void Dispose() => _tcp.Dispose();
}
