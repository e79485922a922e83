using System.Security.Claims;
using System.Threading.Channels;
using SocketRest.Multiplexing;

namespace SocketRest.Tests.Dialogues;

/// <summary>Credentials come to the test, which decides about them.</summary>
internal sealed class ManualReauthenticator : IReauthenticator
{
    private readonly Channel<Question> _questions = Channel.CreateUnbounded<Question>();

    /// <summary>Whether what waits for a decision ends with its token.</summary>
    public bool LooksAtToken { get; init; } = true;

    public int Accepted { get; private set; }

    public int Waiting => _questions.Reader.Count;

    public Task<Question> NextAsync() => _questions.Reader.ReadAsync().Soon();

    async ValueTask<CredentialDecision> IReauthenticator.DecideAsync(
        ConnectionIdentity identity, string scheme, string credential, CancellationToken cancellationToken)
    {
        var question = new Question($"{scheme}|{credential}", cancellationToken);
        _questions.Writer.TryWrite(question);
        return await (LooksAtToken ? question.Decision.Task.WaitAsync(cancellationToken) : question.Decision.Task);
    }

    void IReauthenticator.OnAccepted(CredentialDecision decision) => Accepted++;

    internal sealed record Question(string Asked, CancellationToken Token)
    {
        public TaskCompletionSource<CredentialDecision> Decision { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Accept(string name) =>
            Decision.SetResult(CredentialDecision.Accept(new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.Name, name)], "test")), null));

        public void Refuse(string sentence) => Decision.SetResult(CredentialDecision.Refuse(sentence));
    }
}
