using System.Runtime.CompilerServices;
using SocketRest.Tests.Dialogues;

namespace SocketRest.Tests.Multiplexing;

/// <summary>A connection outlives the request that made it, and keeps nothing of it.</summary>
public sealed class ContextTests
{
    private static readonly AsyncLocal<object?> s_ofTheRequest = new();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_connection_does_not_hold_the_context_in_which_it_was_made(bool peerDials)
    {
        (Dialogue dialogue, WeakReference value) = await Task.Run(() => ConnectAsync(peerDials));
        await using (dialogue)
        {
            await Patience.UntilAsync(() =>
            {
                GC.Collect();
                return !value.IsAlive;
            });
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task<(Dialogue Dialogue, WeakReference Value)> ConnectAsync(bool peerDials)
    {
        object value = new();
        s_ofTheRequest.Value = value;
        return (await Dialogue.StartAsync(peerDials, peerSettings: Dialogue.QuietSettings with { ReplayBuffer = 1 << 20 }), new WeakReference(value));
    }
}
