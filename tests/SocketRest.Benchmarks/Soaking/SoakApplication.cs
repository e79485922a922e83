using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace SocketRest.Benchmarks.Soaking;

/// <summary>What either end serves to the other. It notes which calls arrive, and whether their bodies did as they were sent.</summary>
internal sealed class SoakApplication(SoakTally tally, SoakEnd caller)
{
    public const string CallField = "x-call";

    private const int BufferSize = 16 * 1024;

    public void Map(WebApplication app)
    {
        app.MapPost("/exchange", ExchangeAsync);
        app.MapPost("/stream", StreamAsync);
    }

    /// <summary>Takes a body whole and answers with the one that is asked for.</summary>
    private async Task ExchangeAsync(HttpContext context)
    {
        Arrived(context);
        var digest = await SoakBody.DigestOfAsync(context.Request.Body, context.RequestAborted);
        Check(context, digest);
        var answer = new SoakBody(Number(context, "start"), Number(context, "length"));
        context.Response.ContentLength = answer.Length;
        context.Response.Headers[SoakBody.DigestField] = answer.Digest();
        await answer.WriteAsync(context.Response.Body, context.RequestAborted);
    }

    /// <summary>Sends back each piece as it comes.</summary>
    private async Task StreamAsync(HttpContext context)
    {
        Arrived(context);
        await context.Response.Body.FlushAsync(context.RequestAborted);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            int count;
            while ((count = await context.Request.Body.ReadAsync(buffer, context.RequestAborted)) > 0)
            {
                hash.AppendData(buffer.AsSpan(0, count));
                await context.Response.Body.WriteAsync(buffer.AsMemory(0, count), context.RequestAborted);
                await context.Response.Body.FlushAsync(context.RequestAborted);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        var digest = Convert.ToHexString(hash.GetHashAndReset());
        Check(context, digest);
        context.Response.AppendTrailer(SoakBody.DigestField, digest);
    }

    private void Arrived(HttpContext context) =>
        tally.NoteArrived(caller, int.Parse(context.Request.Headers[CallField]!, CultureInfo.InvariantCulture));

    private void Check(HttpContext context, string digest)
    {
        if (digest != context.Request.Headers[SoakBody.DigestField])
        {
            tally.NoteCorrupted($"the body of call {context.Request.Headers[CallField]} of the {caller}");
        }
    }

    private static int Number(HttpContext context, string name) => int.Parse(context.Request.Query[name]!, CultureInfo.InvariantCulture);
}
