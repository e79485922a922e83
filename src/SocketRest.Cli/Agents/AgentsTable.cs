using System.Globalization;
using SocketRest.Cli.Configuration;
using SocketRest.Cli.Generated;
using Spectre.Console;

namespace SocketRest.Cli.Agents;

/// <summary>Agents for people: a table in a terminal, aligned columns elsewhere.</summary>
internal static class AgentsTable
{
    private static readonly string[] s_titles = ["NAME", "STATE", "ADDRESS", "CONNECTED", "RTT", "OPEN", "CALLS", "SENT", "RECEIVED", "ID"];

    public static Table Table(IReadOnlyList<Agent> agents, DateTimeOffset now)
    {
        Table table = new Table().Border(TableBorder.None);
        foreach (string title in s_titles)
        {
            table.AddColumn(new TableColumn(new Markup($"[dim]{title}[/]")).NoWrap());
        }

        foreach (Agent agent in agents)
        {
            string colour = agent.State == AgentState.Connected ? "green" : "yellow";
            string[] cells = Cells(agent, now);
            table.AddRow([new Text(cells[0]), new Markup($"[{colour}]{Markup.Escape(cells[1])}[/]"), .. cells[2..].Select(cell => new Text(cell))]);
        }

        return table;
    }

    public static IEnumerable<string> Lines(IReadOnlyList<Agent> agents, DateTimeOffset now)
    {
        string[][] rows = [s_titles, .. agents.Select(agent => Cells(agent, now))];
        int[] widths = [.. s_titles.Select((_, column) => rows.Max(row => row[column].Length))];
        return rows.Select(row => string.Join("  ", row.Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd());
    }

    private static string[] Cells(Agent agent, DateTimeOffset now) =>
    [
        Printable.Line(agent.Name ?? "-"),
        agent.State.ToString().ToLowerInvariant(),
        Printable.Line(agent.RemoteAddress ?? "-"),
        Printable.Time(now > agent.ConnectedAt ? now - agent.ConnectedAt : TimeSpan.Zero),
        agent.RoundTripMs is { } roundTrip ? Printable.Time(TimeSpan.FromMilliseconds(roundTrip)) : "-",
        agent.OpenStreams.ToString(CultureInfo.InvariantCulture),
        agent.CallsToAgent.ToString(CultureInfo.InvariantCulture),
        Printable.Bytes(agent.BytesSent),
        Printable.Bytes(agent.BytesReceived),
        Printable.Line(agent.Id),
    ];
}
