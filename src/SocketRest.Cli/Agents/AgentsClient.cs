using SocketRest.Cli.Configuration;
using SocketRest.Cli.Generated;

namespace SocketRest.Cli.Agents;

/// <summary>Asks the management API for agents.</summary>
internal sealed class AgentsClient : IDisposable
{
    /// <summary>The largest page that the API gives.</summary>
    private const int PageSize = 500;

    private readonly HubAddress _hub;
    private readonly HttpClient _http;

    public AgentsClient(HubAddress hub, string? key)
    {
        _hub = hub;
        _http = new HttpClient(new HubHttp(hub, key)) { BaseAddress = hub.HttpUri };
    }

    /// <summary>All agents, page after page.</summary>
    /// <exception cref="CommandException">The hub cannot be reached, refuses, or answers something else.</exception>
    public async Task<IReadOnlyList<Agent>> ListAsync(CancellationToken cancellationToken)
    {
        var client = new HubClient(_http);
        var all = new List<Agent>();
        string? cursor = null;
        try
        {
            do
            {
                AgentPage page = await client.ListAgentsAsync(cursor: cursor, limit: PageSize, cancellationToken: cancellationToken).ConfigureAwait(false);
                all.AddRange(page.Items);
                cursor = page.Next != cursor ? page.Next : null;
            }
            while (cursor is not null);
            return all;
        }
        catch (ApiException exception)
        {
            throw HubHttp.Failure((System.Net.HttpStatusCode)exception.StatusCode, exception.Response) ?? new CommandException(
                ExitCode.Failure,
                $"What answers at {_hub} is not the management API of a hub. Is the address right, and the hub's version the same as this command's?",
                exception);
        }
    }

    public void Dispose() => _http.Dispose();
}
