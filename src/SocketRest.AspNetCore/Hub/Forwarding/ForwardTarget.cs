using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using SocketRest.AspNetCore.Pipeline;

namespace SocketRest.AspNetCore.Hub.Forwarding;

/// <summary>Where a request goes.</summary>
/// <param name="Agent">The agent's name.</param>
/// <param name="Prefix">The path in front of what the agent sees, as it came; empty where it sees all of it.</param>
/// <param name="Rest">What the agent sees: the rest of the request target, as it came, query and all.</param>
internal readonly record struct ForwardTarget(string Agent, string Prefix, string Rest)
{
    private const int MaxNameLength = 256;

    /// <summary>Takes the target apart. Returns why it cannot be passed on, or null.</summary>
    public static ForwarderProblem? Read(HttpContext context, ForwarderPattern pattern, out ForwardTarget target)
    {
        target = default;
        string? agent = pattern.HostSuffix is null
            ? context.Request.RouteValues[ForwarderPattern.AgentParameter] as string
            : pattern.AgentIn(context.Request.Host);
        if (!IsName(agent))
        {
            return ForwarderProblem.BadName();
        }

        if (!TryReadOriginForm(context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget, out ReadOnlySpan<char> path, out ReadOnlySpan<char> query))
        {
            return ForwarderProblem.BadTarget("The request target is no path: only targets in origin form and absolute form are passed on.");
        }

        // Routing has matched the path as the server decoded it, dot segments removed. What is passed on is cut out of the raw one: both have to agree on where
        // the agent's part begins and on what it says, or a caller could make the one mean what the other does not.
        PathString pathBase = context.Request.PathBase;

        // A base that a proxy has taken off, or that was only said, is not in the target.
        bool based = pathBase.HasValue && StartsWith(path, pathBase.Value);
        string routed = based ? pathBase.Value + context.Request.Path.Value : context.Request.Path.Value ?? "";
        int segments = ((RouteEndpoint)context.GetEndpoint()!).RoutePattern.PathSegments.Count - 1 + (based ? pathBase.Value.AsSpan().Count('/') : 0);
        int routedStart = EndOf(routed, segments);
        int start = EndOf(path, segments);
        if (routedStart < 0 || start < 0 || !Agree(path[..start], routed.AsSpan(0, routedStart)) || !Agree(path[start..], routed.AsSpan(routedStart)))
        {
            return ForwarderProblem.BadTarget("The request target leaves the place that it names: it is not passed on.");
        }

        ReadOnlySpan<char> rest = path[start..];
        string prefix = based || !pathBase.HasValue ? path[..start].ToString() : string.Concat(pathBase.ToUriComponent(), path[..start]);
        target = new(agent!, prefix, rest.IsEmpty ? $"/{query}" : string.Concat(rest, query));
        return null;
    }

    /// <summary>Whether the raw path begins with the base, segment by segment.</summary>
    private static bool StartsWith(ReadOnlySpan<char> path, string pathBase)
    {
        int end = EndOf(path, pathBase.AsSpan().Count('/'));
        return end >= 0 && PathDecoder.TryDecode(path[..end].ToString(), out string decoded, out _) && decoded.Equals(pathBase, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>No control characters, and nothing that somebody behind might read as a path.</summary>
    private static bool IsName(string? name)
    {
        if (name is not { Length: > 0 and <= MaxNameLength } || name is "." or "..")
        {
            return false;
        }

        foreach (char c in name)
        {
            if (char.IsControl(c) || c is '/' or '\\')
            {
                return false;
            }
        }

        // The server leaves these two encoded.
        return !name.Contains("%2f", StringComparison.OrdinalIgnoreCase) && !name.Contains("%00", StringComparison.Ordinal);
    }

    private static bool TryReadOriginForm(string raw, out ReadOnlySpan<char> path, out ReadOnlySpan<char> query)
    {
        ReadOnlySpan<char> target = raw;
        path = query = default;
        if (!PathDecoder.IsVisible(raw))
        {
            return false;
        }

        if (target is not ['/', ..])
        {
            // Absolute form (RFC 9112 section 3.2.2). The server has seen to it that its authority is the Host field's.
            int authority = target.IndexOf("://", StringComparison.Ordinal) + 3;
            if (authority < 3 || target[..(authority - 3)].ContainsAny("/?#%"))
            {
                return false;
            }

            int end = target[authority..].IndexOfAny('/', '?');
            target = end < 0 ? default : target[(authority + end)..];
        }

        int question = target.IndexOf('?');
        path = question < 0 ? target : target[..question];
        query = question < 0 ? default : target[question..];
        return true;
    }

    /// <summary>Where so many segments end: at the slash that begins the next one, or at the end of the path. -1 where there are fewer.</summary>
    private static int EndOf(ReadOnlySpan<char> path, int segments)
    {
        int at = 0;
        for (; segments > 0; segments--)
        {
            if (at >= path.Length)
            {
                return -1;
            }

            int next = path[(at + 1)..].IndexOf('/');
            at = next < 0 ? path.Length : at + 1 + next;
        }

        return at;
    }

    private static bool Agree(ReadOnlySpan<char> raw, ReadOnlySpan<char> routed) =>
        raw.IsEmpty ? routed is "" or "/"
        : !raw.Contains('%') && raw.IndexOf("/.", StringComparison.Ordinal) < 0 ? raw.SequenceEqual(routed)
        : PathDecoder.TryDecode(raw.ToString(), out string decoded, out _) && routed.SequenceEqual(decoded);
}
