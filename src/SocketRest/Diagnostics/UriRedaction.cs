namespace SocketRest.Diagnostics;

/// <summary>Shows an address without what may be secret, as the framework's own handler does.</summary>
internal static class UriRedaction
{
    // The framework's switch: who wants to see queries does not want to say so twice.
    private static readonly bool s_disabled =
        AppContext.TryGetSwitch("System.Net.Http.DisableUriRedaction", out bool disabled)
            ? disabled
            : Environment.GetEnvironmentVariable("DOTNET_SYSTEM_NET_HTTP_DISABLEURIREDACTION") is { } text
                && (text == "1" || text.Equals("true", StringComparison.OrdinalIgnoreCase));

    /// <summary>The address with a star for its query, without user and fragment.</summary>
    public static string Redact(Uri uri)
    {
        string text = uri.AbsoluteUri;
        if (s_disabled)
        {
            return text;
        }

        ReadOnlySpan<char> rest = text;
        int fragment = rest.IndexOf('#');
        if (fragment >= 0)
        {
            rest = rest[..fragment];
        }

        int query = rest.IndexOf('?');
        bool hasQuery = query >= 0 && query < rest.Length - 1;
        if (uri.UserInfo.Length == 0)
        {
            return hasQuery ? $"{rest[..query]}?*" : fragment < 0 ? text : rest.ToString();
        }

        int authority = uri.Scheme.Length + Uri.SchemeDelimiter.Length;
        int host = authority + rest[authority..].IndexOf('@') + 1;
        return hasQuery ? $"{rest[..authority]}{rest[host..query]}?*" : $"{rest[..authority]}{rest[host..]}";
    }
}
