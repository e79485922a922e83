using System.Diagnostics;
using SocketRest.Protocol.Hpack;

namespace SocketRest.Diagnostics;

/// <summary>Tells the other end which trace a request belongs to.</summary>
internal static class TracePropagation
{
    /// <summary>
    /// Adds the propagator's fields to a head that has the request's own already: those stay as they are. The fields go into the head and not
    /// into the request, so that one that is redirected, or sent again by its caller, does not carry the trace of the time before.
    /// </summary>
    public static void Inject(Activity activity, HeaderList head) => DistributedContextPropagator.Current.Inject(activity, head, static (carrier, name, value) =>
    {
        // A baggage that cannot travel is no reason to lose the call.
        if (carrier is HeaderList head && HeaderRules.IsValidName(name) && HeaderRules.IsValidValue(value) && !Has(head, name))
        {
            head.Add(name, value);
        }
    });

    private static bool Has(HeaderList head, string name)
    {
        foreach (ref readonly HeaderField field in head.Span)
        {
            if (field.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }
}
