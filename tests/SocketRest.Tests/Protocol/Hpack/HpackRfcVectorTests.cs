using SocketRest.Protocol.Hpack;

namespace SocketRest.Tests.Protocol.Hpack;

/// <summary>The examples of RFC 7541 appendix C.</summary>
public sealed class HpackRfcVectorTests
{
    private static readonly (string, string)[] s_firstRequest =
        [(":method", "GET"), (":scheme", "http"), (":path", "/"), (":authority", "www.example.com")];

    private static readonly (string, string)[] s_secondRequest = [.. s_firstRequest, ("Cache-Control", "no-cache")];

    private static readonly (string, string)[] s_thirdRequest =
    [
        (":method", "GET"), (":scheme", "https"), (":path", "/index.html"), (":authority", "www.example.com"),
        ("custom-key", "custom-value"),
    ];

    private static readonly (string, string)[] s_firstResponse =
    [
        (":status", "302"), ("Cache-Control", "private"), ("Date", "Mon, 21 Oct 2013 20:13:21 GMT"),
        ("Location", "https://www.example.com"),
    ];

    private static readonly (string, string)[] s_secondResponse = [(":status", "307"), .. s_firstResponse[1..]];

    private static readonly (string, string)[] s_thirdResponse =
    [
        (":status", "200"), ("Cache-Control", "private"), ("Date", "Mon, 21 Oct 2013 20:13:22 GMT"),
        ("Location", "https://www.example.com"), ("Content-Encoding", "gzip"),
        ("Set-Cookie", "foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1"),
    ];

    [Theory]
    [InlineData("400a637573746f6d2d6b65790d637573746f6d2d686561646572", "custom-key", "custom-header", false, 55)]
    [InlineData("040c2f73616d706c652f70617468", ":path", "/sample/path", false, 0)]
    [InlineData("100870617373776f726406736563726574", "password", "secret", true, 0)]
    [InlineData("82", ":method", "GET", false, 0)]
    public void C2_each_representation_decodes(string block, string name, string value, bool sensitive, int tableSize)
    {
        var decoder = new HpackDecoder();

        HeaderList list = decoder.Decode(Convert.FromHexString(block));

        Assert.Equal([new HeaderField(name, value, sensitive)], list.Span.ToArray());
        Assert.Equal(tableSize, decoder.TableSize);
    }

    [Theory]
    [InlineData(
        "828684410f7777772e6578616d706c652e636f6d",
        "828684be58086e6f2d6361636865",
        "828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565")]
    [InlineData(
        "828684418cf1e3c2e5f23a6ba0ab90f4ff",
        "828684be5886a8eb10649cbf",
        "828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf")]
    public void C3_and_C4_requests_decode(string first, string second, string third)
    {
        var decoder = new HpackDecoder();

        Assert.Equal(s_firstRequest, decoder.Decode(Convert.FromHexString(first)).Pairs());
        Assert.Equal(57, decoder.TableSize);
        Assert.Equal(s_secondRequest, decoder.Decode(Convert.FromHexString(second)).Pairs());
        Assert.Equal(110, decoder.TableSize);
        Assert.Equal(s_thirdRequest, decoder.Decode(Convert.FromHexString(third)).Pairs());
        Assert.Equal(164, decoder.TableSize);
    }

    [Theory]
    [InlineData(
        "4803333032580770726976617465611d4d6f6e2c203231204f637420323031332032303a31333a323120474d54"
            + "6e1768747470733a2f2f7777772e6578616d706c652e636f6d",
        "4803333037c1c0bf",
        "88c1611d4d6f6e2c203231204f637420323031332032303a31333a323220474d54c05a04677a6970"
            + "7738666f6f3d4153444a4b48514b425a584f5157454f50495541585157454f49553b206d61782d6167653d333630303b2076657273696f6e3d31")]
    [InlineData(
        "488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff6e919d29ad171863c78f0b97c8e9ae82ae43d3",
        "4883640effc1c0bf",
        "88c16196d07abe941054d444a8200595040b8166e084a62d1bffc05a839bd9ab77ad94e7821dd7f2e6c7b335dfdfcd5b3960d5af27087f3672c1ab270fb5"
            + "291f9587316065c003ed4ee5b1063d5007")]
    public void C5_and_C6_responses_decode_with_eviction(string first, string second, string third)
    {
        var decoder = new HpackDecoder(maxTableSize: 256);

        Assert.Equal(s_firstResponse, decoder.Decode(Convert.FromHexString(first)).Pairs());
        Assert.Equal(222, decoder.TableSize);
        Assert.Equal(s_secondResponse, decoder.Decode(Convert.FromHexString(second)).Pairs());
        Assert.Equal(222, decoder.TableSize);
        Assert.Equal(s_thirdResponse, decoder.Decode(Convert.FromHexString(third)).Pairs());
        Assert.Equal(215, decoder.TableSize);
    }

    [Theory]
    [InlineData(256)]
    [InlineData(4096)]
    public void The_examples_lists_go_through_the_encoder(int tableSize)
    {
        var encoder = new HpackEncoder(tableSize);
        var decoder = new HpackDecoder(tableSize);
        (string, string)[][] lists =
            [s_firstRequest, s_secondRequest, s_thirdRequest, s_firstResponse, s_secondResponse, s_thirdResponse];

        for (int round = 0; round < 4; round++)
        {
            foreach ((string, string)[] list in lists)
            {
                Assert.Equal(list, decoder.Decode(encoder.Encode(list)).Pairs());
                Assert.Equal(encoder.TableSize, decoder.TableSize);
            }
        }
    }
}
