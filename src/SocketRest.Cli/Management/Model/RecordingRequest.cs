namespace SocketRest.Cli.Management.Model;

/// <summary>Asks that bodies be recorded, or no more.</summary>
internal sealed record RecordingRequest
{
    /// <summary>Whether they are to be.</summary>
    public required bool Bodies { get; init; }

    /// <summary>How much of each body, in bytes. Default 16,384; from 1 to 65,536.</summary>
    public int? MaxBytes { get; init; }
}
