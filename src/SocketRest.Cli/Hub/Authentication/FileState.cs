namespace SocketRest.Cli.Hub.Authentication;

/// <summary>What shows that a file has changed, or that others may read it now. The default is a file that is not there.</summary>
internal readonly record struct FileState(DateTime Written, long Length, UnixFileMode Mode)
{
    public static FileState Of(string path)
    {
        try
        {
            var file = new FileInfo(path);
            return file.Exists ? new FileState(file.LastWriteTimeUtc, file.Length, file.UnixFileMode) : default;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return default;
        }
    }
}
