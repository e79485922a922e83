using SocketRest.Cli.Management.Recording;

namespace SocketRest.Cli.Tests.Management;

public sealed class SecretNamesTests
{
    [Theory]
    [InlineData("Authorization")]
    [InlineData("Proxy-Authorization")]
    [InlineData("Authentication-Info")]
    [InlineData("X-Auth-User")]
    [InlineData("Cookie")]
    [InlineData("Set-Cookie")]
    [InlineData("X-API-KEY")]
    [InlineData("APIKey")]
    [InlineData("apikey")]
    [InlineData("SocketRest-Key")]
    [InlineData("key2")]
    [InlineData("access_token")]
    [InlineData("accesstoken")]
    [InlineData("sessionToken")]
    [InlineData("refreshTOKEN")]
    [InlineData("client.secret")]
    [InlineData("user[password]")]
    [InlineData("X-Amz-Signature")]
    [InlineData("X-Amz-Credential")]
    [InlineData("JSESSIONID")]
    [InlineData("connect.sid")]
    [InlineData("jwt")]
    [InlineData("sig")]
    [InlineData("pwd")]
    public void Name_with_a_word_of_secrets_is_one(string name) => Assert.True(SecretNames.Has(name));

    [Theory]
    [InlineData("author")]
    [InlineData("X-Author")]
    [InlineData("coAuthors")]
    [InlineData(":authority")]
    [InlineData("WWW-Authenticate")]
    [InlineData("keyword")]
    [InlineData("keyboard_layout")]
    [InlineData("X-Monkey")]
    [InlineData("tokenizer")]
    [InlineData("secretary")]
    [InlineData("obsession")]
    [InlineData("passenger")]
    [InlineData("bypass")]
    [InlineData("design")]
    [InlineData("country_code")]
    [InlineData("side")]
    [InlineData("--_7")]
    [InlineData("")]
    public void Name_that_only_contains_their_letters_is_none(string name) => Assert.False(SecretNames.Has(name));
}
