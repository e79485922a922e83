namespace SocketRest.Faults;

/// <summary>Directions through a <see cref="FaultProxy"/>.</summary>
[Flags]
internal enum Way
{
    ToTarget = 1,
    FromTarget = 2,
    Both = ToTarget | FromTarget,
}
