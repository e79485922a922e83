using System.Diagnostics;
using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;
using SocketRest.Http;
using SocketRest.Protocol;
using SocketRest.Protocol.Hpack;

namespace SocketRest.AspNetCore.Hub.Forwarding;

/// <summary>A caller's request as the agent is to see it. Its fields go straight from the one message into the other.</summary>
internal sealed class ForwardedRequest : RelayedRequest
{
    private readonly HttpContext _context;
    private readonly ForwardTarget _target;
    private readonly SocketRestForwarderOptions _options;
    private readonly Via _via;
    private readonly string? _upgrade;

    public ForwardedRequest(HttpContext context, in ForwardTarget target, SocketRestForwarderOptions options, Via via, string? upgrade, Uri uri)
        : base(upgrade is null ? HttpMethod.Parse(context.Request.Method) : HttpMethod.Connect, uri)
    {
        _context = context;
        _target = target;
        _options = options;
        _via = via;
        _upgrade = upgrade;
        if (upgrade is not null)
        {
            Headers.Protocol = upgrade;
        }
        else if (context.Request.Headers.Expect.Count > 0)
        {
            // What sends the content looks here for whether to wait with it.
            Headers.TryAddWithoutValidation(HeaderNames.Expect, context.Request.Headers.Expect.ToString());
        }
    }

    public override string Authority => _options.PassHost ? _context.Request.Host.Value ?? "" : AuthorityRules.IsValid(_target.Agent) ? _target.Agent : "";

    public override string Target => _target.Rest;

    public override string? Prefix => _target.Prefix.Length > 0 ? _target.Prefix : null;

    public override string? OfferingMethod => _upgrade is not null && UpgradeRelay.IsOffer(_context, _upgrade) ? _context.Request.Method : null;

    public override IEnumerable<KeyValuePair<string, string>>? Trailers => (Content as ForwardedContent)?.Trailers;

    public override void WriteFields(HeaderList head)
    {
        HttpRequest request = _context.Request;
        IHeaderDictionary fields = request.Headers;
        StringValues connection = fields.Connection;
        bool named = ForwardedFieldNames.NamesOthers(connection);
        bool traced = Activity.Current is not null;
        bool append = _options.AppendForwardedFields;
        ISet<string> withheld = _options.WithheldFields;
        foreach (KeyValuePair<string, StringValues> field in fields)
        {
            string name = field.Key;
            if (ForwardedFieldNames.StopsHere(name)
                || (!append && ForwardedFieldNames.TellsOfCaller(name))
                || (traced && ForwardedFieldNames.TellsOfTrace(name))
                || (named && ForwardedFieldNames.Names(connection, name))
                || (withheld.Count > 0 && withheld.Contains(name))
                || (_upgrade is not null && UpgradeTranslation.IsOfTheHandshake(name)))
            {
                continue;
            }

            StringValues values = field.Value;
            for (int i = 0; i < values.Count; i++)
            {
                RequestHead.Add(head, name, values[i] ?? "");
            }
        }

        if (fields.TE.Count > 0 && ForwardedFieldNames.HasToken(fields.TE.ToString(), "trailers"))
        {
            head.Add(HeaderNames.TE, "trailers");
        }

        RequestHead.Add(head, HeaderNames.Via, _via.ForRequest(request.Protocol, fields.Via));
        TellOfCaller(head, request);
    }

    private void TellOfCaller(HeaderList head, HttpRequest request)
    {
        IPAddress? caller = _context.Connection.RemoteIpAddress is { IsIPv4MappedToIPv6: true } mapped ? mapped.MapToIPv4() : _context.Connection.RemoteIpAddress;
        switch (_options.ForwardedFields)
        {
            case SocketRestForwardedFields.XForwarded:
                if (caller is not null)
                {
                    head.Add(ForwardedFieldNames.For, caller.ToString());
                }

                head.Add(ForwardedFieldNames.Proto, request.Scheme);
                if (request.Host.HasValue)
                {
                    RequestHead.Add(head, ForwardedFieldNames.Host, request.Host.Value);
                }

                break;
            case SocketRestForwardedFields.Forwarded:
                string by = caller is null ? "unknown" : caller.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? $"\"[{caller}]\"" : caller.ToString();
                RequestHead.Add(
                    head,
                    ForwardedFieldNames.Forwarded,
                    request.Host.HasValue ? $"for={by};host=\"{request.Host.Value}\";proto={request.Scheme}" : $"for={by};proto={request.Scheme}");
                break;
            default:
                return;
        }

        if (_target.Prefix.Length > 0)
        {
            head.Add(ForwardedFieldNames.Prefix, _target.Prefix);
        }
    }
}
