using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using SocketRest.Protocol;

namespace SocketRest.AspNetCore.Pipeline;

/// <summary>How a request becomes another protocol: as on HTTP/2, or, where that was only offered, as on HTTP/1.1.</summary>
internal sealed partial class ServerExchange
{
    private OfferedUpgrade? _offer;
    private bool _isUpgraded;

    async ValueTask<Stream> IHttpExtendedConnectFeature.AcceptAsync()
    {
        if (_request.ConnectProtocol is null)
        {
            throw new InvalidOperationException("The request is no extended CONNECT.");
        }

        if (_stage != ResponseStage.NotStarted)
        {
            throw new InvalidOperationException("The response has already started.");
        }

        _statusCode = StatusCodes.Status200OK;
        await OpenAsync().ConfigureAwait(false);
        return new DuplexBodyStream(((IHttpRequestFeature)this).Body, ResponseBody);
    }

    /// <summary>The offer of another protocol is accepted (<see cref="OfferedUpgrade"/>).</summary>
    public async Task<Stream> UpgradeAsync()
    {
        if (_isUpgraded)
        {
            throw new InvalidOperationException("The request has been upgraded already.");
        }

        ThrowIfStarted("The protocol");
        int status = _statusCode;
        _isUpgraded = true;
        _statusCode = StatusCodes.Status101SwitchingProtocols;
        try
        {
            await OpenAsync().ConfigureAwait(false);
        }
        catch when (_stage == ResponseStage.NotStarted)
        {
            // What is answered now is no acceptance.
            _isUpgraded = false;
            _statusCode = status;
            throw;
        }

        return new DuplexBodyStream(OwnRequestBody(), ResponseBody);
    }

    /// <summary>Sends the head, after which both directions last for as long as they like.</summary>
    private async Task OpenAsync()
    {
        _maxRequestBodySize = null;
        MinRequestBodyDataRate = null;
        _minResponseDataRate = null;
        await FlushResponseAsync(CancellationToken.None).ConfigureAwait(false);
    }

    /// <summary>A success would be taken for the acceptance of what was offered.</summary>
    private void SayIfDeclined()
    {
        if (_offer is not null && !_isUpgraded && _statusCode is >= 200 and < 300)
        {
            Stream.Head.Add(SubProtocol.OfferHeader, SubProtocol.Declined);
        }
    }

    private void InitializeUpgrade()
    {
        _isUpgraded = false;
        if (_request.OfferedProtocol is not null)
        {
            // As on Kestrel's HTTP/1.1, which alone has such requests: before the upgrade there is nothing to read.
            _protocol = "HTTP/1.1";
            _requestBody = System.IO.Stream.Null;
            _features.Set<IHttpUpgradeFeature>(_offer = new OfferedUpgrade(this));
        }
    }
}
