using System.Collections.Frozen;

namespace SocketRest.Cli.Management.Recording;

/// <summary>
/// Tells by a name whether something secret goes under it. Names are made up, their words less so: a name is taken apart at what is no letter and where small letters
/// turn into capitals, so that <c>apiKey</c> and <c>X-Api-Key</c> are secret, and <c>keyword</c> and <c>Author</c> are not.
/// </summary>
internal static class SecretNames
{
    private static readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> s_words = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase,
        "auth", "authorization", "authentication", "oauth", "bearer", "credential", "credentials", "jwt", "key", "keys", "pass", "passcode", "passphrase", "pwd",
        "secrets", "session", "sessions", "sid", "sig", "tokens").GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>How words end that are several in one: <c>accesstoken</c>, <c>PHPSESSID</c>. No other words end like this.</summary>
    private static readonly string[] s_endings =
    [
        "token", "secret", "password", "passwd", "signature", "cookie", "cookies", "sessionid", "sessid",
        "apikey", "accesskey", "appkey", "authkey", "privatekey", "secretkey", "sessionkey", "sharedkey", "signingkey",
    ];

    /// <summary>Whether one of the name's words is among those that secrets have.</summary>
    public static bool Has(ReadOnlySpan<char> name)
    {
        while (!name.IsEmpty)
        {
            int length = WordAt(name);
            if (length > 0 && IsSecret(name[..length]))
            {
                return true;
            }

            name = name[Math.Max(1, length)..];
        }

        return false;
    }

    /// <summary>How long the word is with which the text begins: 0 where it begins with something else.</summary>
    private static int WordAt(ReadOnlySpan<char> text)
    {
        int i = 0;
        while (i < text.Length && char.IsLetter(text[i]) && !(i > 0 && BeginsWord(text, i)))
        {
            i++;
        }

        return i;
    }

    /// <summary>In <c>sessionToken</c> the T, in <c>APIKey</c> the K.</summary>
    private static bool BeginsWord(ReadOnlySpan<char> text, int i) =>
        char.IsUpper(text[i]) && (!char.IsUpper(text[i - 1]) || (i + 1 < text.Length && char.IsLower(text[i + 1])));

    private static bool IsSecret(ReadOnlySpan<char> word)
    {
        if (s_words.Contains(word))
        {
            return true;
        }

        foreach (string ending in s_endings)
        {
            if (word.EndsWith(ending, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }
}
