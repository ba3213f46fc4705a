using System.Net;
using System.Net.Http.Headers;

namespace Comptroller.Drift.State.Backends;

/// <summary>A state that is fetched by one GET and has an ETag.</summary>
public abstract class WebStateSource(HttpClient http) : StateSource
{
    public override async Task<OpenedState> OpenAsync(string? known, CancellationToken cancellationToken)
    {
        HttpResponseMessage response;
        try
        {
            using var request = await RequestAsync(known is not null && EntityTagHeaderValue.TryParse(known, out var tag) ? tag : null, cancellationToken);
            response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        }
        catch (Exception e) when (e is HttpRequestException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new StateException($"{Name}: the state cannot be fetched: {(e is OperationCanceledException ? "no answer in time" : e.Message)}", e);
        }

        if (response.StatusCode == HttpStatusCode.NotModified)
        {
            response.Dispose();
            return new OpenedState(null, known!);
        }

        if (response.StatusCode != HttpStatusCode.OK)
        {
            var status = response.StatusCode;
            response.Dispose();
            throw Refused(status);
        }

        // Without an ETag the state counts as changed every time.
        return new OpenedState(await PlainAsync(await response.Content.ReadAsStreamAsync(cancellationToken), cancellationToken), response.Headers.ETag?.ToString() ?? Guid.NewGuid().ToString("N"));
    }

    /// <summary>The request, with what proves who asks.</summary>
    /// <param name="known">The version that is known; it belongs into <c>If-None-Match</c>.</param>
    /// <param name="cancellationToken">Stops.</param>
    protected abstract Task<HttpRequestMessage> RequestAsync(EntityTagHeaderValue? known, CancellationToken cancellationToken);

    /// <summary>Why a server did not give the state, and what to do about it.</summary>
    protected StateException Refused(HttpStatusCode status) => new($"{Name}: the state cannot be fetched: the server answers {(int)status} {status}" + (status switch
    {
        HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => "; check the credentials and what they may read",
        HttpStatusCode.NotFound or HttpStatusCode.NoContent => "; there is no state under this address",
        _ => "",
    }));
}
