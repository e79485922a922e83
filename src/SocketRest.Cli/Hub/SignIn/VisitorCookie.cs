using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace SocketRest.Cli.Hub.SignIn;

/// <summary>The cookie that holds the name of a visitor's session: one in the browser's list, and none in what an agent sees.</summary>
internal static class VisitorCookie
{
    private const string Plain = "socketrest-visitor";
    private const string Secure = "__Secure-" + Plain;

    /// <summary>Browsers take it only from this very host: no neighbour can put its own in its place.</summary>
    private const string Host = "__Host-" + Plain;

    /// <summary>Tells the browser that was sent to sign in from any other.</summary>
    private const string PlainCame = Plain + "-came";
    private const string HostCame = Host + "-came";

    /// <summary>Takes the cookies out of a request, and returns what those said that count: several things, where a neighbour has set one too. Other cookies stay to the letter.</summary>
    /// <param name="request">The request.</param>
    /// <param name="path">What the cookie was set for.</param>
    public static IReadOnlyList<string> Take(HttpRequest request, string path)
    {
        StringValues cookies = request.Headers.Cookie;
        List<(string Name, string Value)>? taken = null;
        List<string>? others = null;
        for (int i = 0; i < cookies.Count; i++)
        {
            string value = cookies[i] ?? "";
            if (value.Contains(Plain, StringComparison.Ordinal))
            {
                others ??= [.. cookies.Take(i).OfType<string>()];
                value = string.Join(';', value.Split(';').Where(one => !IsTaken(one, taken ??= []))).TrimStart(' ');
            }

            if (others is not null && value.Length > 0)
            {
                others.Add(value);
            }
        }

        if (taken is not { Count: > 0 })
        {
            return [];
        }

        request.Headers.Cookie = others!.ToArray();

        // Any page under the hub's domain can set the plain one for all of it. Behind what ends TLS the browser's own is known by its being there.
        string strong = NameOf(path, isSecure: true);
        bool isStrong = request.IsHttps || taken.Exists(one => one.Name == strong);
        return [.. taken.Where(one => one.Name == (isStrong ? strong : Plain)).Select(one => one.Value)];
    }

    /// <summary>Takes the cookies out of an agent's answer, which would sign the browser in as somebody else.</summary>
    public static void TakeFrom(HttpResponse response)
    {
        StringValues fields = response.Headers.SetCookie;
        if (fields.Any(field => field?.Contains(Plain, StringComparison.Ordinal) == true && IsOurs(field)))
        {
            response.Headers.SetCookie = fields.Where(field => !IsOurs(field ?? "")).ToArray();
        }
    }

    /// <summary>Sets it. It goes with the browser's window, and the session after its own time.</summary>
    /// <param name="response">The response.</param>
    /// <param name="name">The session's name.</param>
    /// <param name="path">Under which paths it is sent: <c>/</c>, where the host name is the agent's own.</param>
    /// <param name="isSecure">Whether the browser is here by HTTPS.</param>
    public static void Set(HttpResponse response, string name, string path, bool isSecure) => response.Headers.Append(
        "Set-Cookie", $"{NameOf(path, isSecure)}={name}; Path={path}; HttpOnly; SameSite=Lax{(isSecure ? "; Secure" : "")}");

    public static void Remove(HttpResponse response, string path)
    {
        foreach (string cookie in (string[])[Plain, Secure, Host, PlainCame, HostCame])
        {
            response.Headers.Append("Set-Cookie", $"{cookie}=; Path={path}; Max-Age=0; HttpOnly; SameSite=Lax{(cookie is Plain or PlainCame ? "" : "; Secure")}");
        }
    }

    /// <summary>Marks a browser that goes to sign in, under the agent's own host. Browsers take the better one by HTTPS alone, which what ends TLS in front of the hub knows and the hub may not.</summary>
    public static void SetCame(HttpResponse response, string nonce)
    {
        response.Headers.Append("Set-Cookie", $"{PlainCame}={nonce}; Path=/; HttpOnly; SameSite=Lax");
        response.Headers.Append("Set-Cookie", $"{HostCame}={nonce}; Path=/; HttpOnly; SameSite=Lax; Secure");
    }

    /// <summary>What the browser was marked with when it went to sign in, or null.</summary>
    public static string? CameWith(HttpRequest request) => request.Cookies[HostCame] ?? (request.IsHttps ? null : request.Cookies[PlainCame]);

    private static string NameOf(string path, bool isSecure) => !isSecure ? Plain : path == "/" ? Host : Secure;

    private static bool IsTaken(string cookie, List<(string Name, string Value)> taken)
    {
        bool isOurs = IsOurs(cookie);
        if (isOurs)
        {
            int equals = cookie.IndexOf('=', StringComparison.Ordinal);
            taken.Add((cookie[..equals].Trim(), cookie[(equals + 1)..].Trim()));
        }

        return isOurs;
    }

    private static bool IsOurs(string cookie)
    {
        int equals = cookie.IndexOf('=', StringComparison.Ordinal);
        return equals > 0 && cookie.AsSpan(0, equals).Trim() is Plain or Secure or Host or PlainCame or HostCame;
    }
}
