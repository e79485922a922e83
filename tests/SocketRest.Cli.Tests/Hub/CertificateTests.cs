using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Hosting;
using SocketRest.Cli.Hub;
using SocketRest.Cli.Hub.Authentication;

namespace SocketRest.Cli.Tests.Hub;

/// <summary>Agents that show a client certificate.</summary>
public sealed class CertificateTests : IAsyncLifetime, IDisposable
{
    private static readonly DateTimeOffset s_now = DateTimeOffset.UtcNow;

    private readonly TemporaryFolder _folder = new();
    private readonly X509Certificate2 _authority = Authority("CN=devices");
    private readonly X509Certificate2 _stranger = Authority("CN=devices");
    private RunningHub _hub = null!;

    public async Task InitializeAsync()
    {
        string authority = _folder.Write("ca.pem", _authority.ExportCertificatePem());
        X509Certificate2 server = Authority("CN=localhost");
        _hub = await RunningHub.StartAsync(
            new HubOptions { Certificates = new CertificateOptions { Authority = authority } },
            builder => builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, endpoint => endpoint.UseHttps(server))));
    }

    public async Task DisposeAsync() => await _hub.DisposeAsync();

    public void Dispose()
    {
        _folder.Dispose();
        _authority.Dispose();
        _stranger.Dispose();
    }

    [Fact]
    public async Task Common_name_is_the_name_that_the_agent_may_take()
    {
        using X509Certificate2 certificate = Issue(_authority, "CN=kiln-7, O=Kilns");

        await using SocketRestClient kiln = await ConnectAsync("kiln-7", certificate);
        await Assert.ThrowsAsync<SocketRestException>(() => ConnectAsync("kiln-8", certificate));

        Assert.Equal("certificate of kiln-7", Assert.Single(_hub.Registry.Connections).User!.Identity!.Name);
    }

    [Fact]
    public async Task Certificate_that_is_not_good_lets_nobody_in()
    {
        using X509Certificate2 expired = Issue(_authority, "CN=kiln-7", days: -1);
        using X509Certificate2 servers = Issue(_authority, "CN=kiln-7", usage: "1.3.6.1.5.5.7.3.1");
        using X509Certificate2 strange = Issue(_stranger, "CN=kiln-7");
        using X509Certificate2 nameless = Issue(_authority, "O=kiln-7");
        using X509Certificate2 twice = Issue(_authority, "CN=kiln-7, CN=kiln-8");
        using X509Certificate2 pattern = Issue(_authority, "CN=kiln-*");
        foreach (X509Certificate2? one in new[] { expired, servers, strange, nameless, twice, pattern, null })
        {
            var refused = await Assert.ThrowsAsync<SocketRestException>(() => ConnectAsync("kiln-7", one));
            Assert.Equal(SocketRestErrorCode.Unauthorized, refused.ErrorCode);
        }
    }

    private static X509Certificate2 Authority(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        return request.CreateSelfSigned(s_now.AddDays(-10), s_now.AddDays(10));
    }

    private static X509Certificate2 Issue(X509Certificate2 authority, string name, int days = 5, string usage = "1.3.6.1.5.5.7.3.2")
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(usage)], critical: false));
        using X509Certificate2 certificate = request.Create(authority, s_now.AddDays(-5), s_now.AddDays(days), RandomNumberGenerator.GetBytes(8));
        return certificate.CopyWithPrivateKey(key);
    }

    private Task<SocketRestClient> ConnectAsync(string name, X509Certificate2? certificate) => _hub.ConnectAsync(name, key: null, options =>
    {
        options.AuthorizationProvider = null;
        options.ConfigureWebSocket = socket =>
        {
#pragma warning disable CA5359 // The hub's certificate is made by this test.
            socket.RemoteCertificateValidationCallback = (_, _, _, _) => true;
#pragma warning restore CA5359
            if (certificate is not null)
                socket.ClientCertificates.Add(certificate);
        };
    });
}
