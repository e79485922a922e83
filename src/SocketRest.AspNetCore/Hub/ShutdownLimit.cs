using Microsoft.Extensions.Hosting;

namespace SocketRest.AspNetCore.Hub;

/// <summary>How long a drain may take while the host stops: what is left of the host's own time is for cutting off what did not finish.</summary>
internal static class ShutdownLimit
{
    public static TimeSpan Of(TimeSpan option, HostOptions host)
    {
        if (host.ShutdownTimeout == Timeout.InfiniteTimeSpan)
        {
            return option;
        }

        TimeSpan share = host.ShutdownTimeout * 0.75;
        return option == Timeout.InfiniteTimeSpan || option > share ? share : option;
    }
}
