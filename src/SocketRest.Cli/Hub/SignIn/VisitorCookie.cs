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

    /// <summary>Takes the cookie out of a request, and returns what it said: several things, where a neighbour has set one too. Other cookies stay to the letter.</summary>
    public static IReadOnlyList<string> Take(HttpRequest request)
    {
        StringValues cookies = request.Headers.Cookie;
        List<string>? taken = null;
        List<string>? others = null;
        for (int i = 0; i < cookies.Count; i++)
        {
            string value = cookies[i] ?? "";
            if (value.Contains(Plain, StringComparison.Ordinal))
            {
                others ??= [.. cookies.Take(i).OfType<string>()];
                value = string.Join(';', value.Split(';').Where(one => !IsOurs(one, taken ??= []))).TrimStart(' ');
            }

            if (others is not null && value.Length > 0)
            {
                others.Add(value);
            }
        }

        if (taken is { Count: > 0 })
        {
            request.Headers.Cookie = others!.ToArray();
        }

        return taken ?? [];
    }

    /// <summary>Sets it. It goes with the browser's window, and the session after its own time.</summary>
    /// <param name="response">The response.</param>
    /// <param name="name">The session's name.</param>
    /// <param name="path">Under which paths it is sent: <c>/</c>, where the host name is the agent's own.</param>
    /// <param name="isSecure">Whether the browser is here by HTTPS.</param>
    public static void Set(HttpResponse response, string name, string path, bool isSecure) => response.Headers.Append(
        "Set-Cookie", $"{(!isSecure ? Plain : path == "/" ? Host : Secure)}={name}; Path={path}; HttpOnly; SameSite=Lax{(isSecure ? "; Secure" : "")}");

    public static void Remove(HttpResponse response, string path)
    {
        foreach (string cookie in (string[])[Plain, Secure, Host])
        {
            response.Headers.Append("Set-Cookie", $"{cookie}=; Path={path}; Max-Age=0; HttpOnly; SameSite=Lax{(cookie == Plain ? "" : "; Secure")}");
        }
    }

    private static bool IsOurs(string cookie, List<string> taken)
    {
        int equals = cookie.IndexOf('=', StringComparison.Ordinal);
        bool isOurs = equals > 0 && cookie.AsSpan(0, equals).Trim() is Plain or Secure or Host;
        if (isOurs)
        {
            taken.Add(cookie[(equals + 1)..].Trim());
        }

        return isOurs;
    }
}
