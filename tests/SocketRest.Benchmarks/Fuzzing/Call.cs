namespace SocketRest.Benchmarks.Fuzzing;

/// <summary>A request of the side under test, which a dialogue's answers belong to.</summary>
internal enum Call
{
    Get,
    Post,
    PostWithTrailers,
    PostLarge,
    Head,
    LetGo,
    Upgrade,
}
