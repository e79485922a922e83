using System.Net;
using System.Text.Json;
using SocketRest.Cli.Configuration;

namespace SocketRest.Cli.Agents;

/// <summary>Asks the management API for agents.</summary>
internal sealed class AgentsClient(HubAddress hub, string? key) : IDisposable
{
    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web);

    private readonly HubHttp _http = new(hub, key);

    /// <summary>All agents, page after page; as JSON as well, so that nothing is lost that a newer hub says.</summary>
    /// <exception cref="CommandException">The hub cannot be reached, refuses, or answers something else.</exception>
    public async Task<IReadOnlyList<(AgentEntry Agent, JsonElement Json)>> ListAsync(CancellationToken cancellationToken)
    {
        var all = new List<(AgentEntry, JsonElement)>();
        string? cursor = null;
        do
        {
            JsonElement page = await GetAsync(cursor, cancellationToken).ConfigureAwait(false);
            try
            {
                foreach (JsonElement item in page.GetProperty("items").EnumerateArray())
                {
                    all.Add((item.Deserialize<AgentEntry>(s_json)!, item));
                }

                string? next = page.TryGetProperty("next", out JsonElement given) ? given.GetString() : null;
                cursor = next != cursor ? next : null;
            }
            catch (Exception exception) when (exception is JsonException or InvalidOperationException or KeyNotFoundException)
            {
                throw NoHub(exception);
            }
        }
        while (cursor is not null);
        return all;
    }

    public void Dispose() => _http.Dispose();

    private async Task<JsonElement> GetAsync(string? cursor, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(
            HttpMethod.Get, new Uri(hub.HttpUri, $"_hub/api/agents{(cursor is null ? "" : $"?cursor={Uri.EscapeDataString(cursor)}")}"));
        using HttpResponseMessage response = await _http.SendAsync(request, cancellationToken).ConfigureAwait(false);
        if (response.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden)
        {
            throw await HubHttp.FailureAsync(response, cancellationToken).ConfigureAwait(false)
                ?? new CommandException(ExitCode.Refused, $"The hub {hub} wants an operator's key: --key or {SharedOptions.Key.Variable}.");
        }

        if (!response.IsSuccessStatusCode)
        {
            throw NoHub(null);
        }

        try
        {
            using JsonDocument document = await JsonDocument.ParseAsync(
                await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false), cancellationToken: cancellationToken).ConfigureAwait(false);
            return document.RootElement.Clone();
        }
        catch (Exception exception) when (exception is JsonException or HttpIOException)
        {
            throw NoHub(exception);
        }
    }

    private CommandException NoHub(Exception? exception) =>
        new(ExitCode.Failure, $"What answers at {hub} is not the management API of a hub. Is the address right, and the hub's version the same as this command's?", exception);
}
