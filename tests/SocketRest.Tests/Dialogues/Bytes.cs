namespace SocketRest.Tests.Dialogues;

/// <summary>Bodies whose every byte says where it belongs.</summary>
internal static class Bytes
{
    public static byte[] Pattern(int length, int seed = 0)
    {
        byte[] bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }
}
