using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using static SocketRest.AspNetCore.Tests.Conformance.PetsController;

namespace SocketRest.AspNetCore.Tests.Conformance;

/// <summary>Controllers: routing, binding, validation and results.</summary>
public abstract class MvcTests<TTransport> : ConformanceTests<TTransport>
    where TTransport : ITransport, new()
{
    private Task<HttpClient> ServeAsync() => ServeAsync(
        app => app.MapControllers(),
        builder => builder.Services.AddControllers().AddApplicationPart(typeof(PetsController).Assembly));

    [Fact]
    public async Task Route_and_query_are_bound()
    {
        var client = await ServeAsync();

        var pet = await client.GetFromJsonAsync<Pet>("/conformance/pets/7?name=Rex%20%26%20Co");

        Assert.Equal(new Pet(7, "Rex & Co"), pet);
    }

    [Fact]
    public async Task Json_body_is_bound_and_the_created_result_names_its_location()
    {
        var client = await ServeAsync();

        using var response = await client.PostAsJsonAsync("/conformance/pets", new Pet(3, "Mimi"));

        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        Assert.Equal("/conformance/pets/3", new Uri(client.BaseAddress!, response.Headers.Location!).AbsolutePath);
        Assert.Equal(new Pet(3, "Mimi"), await response.Content.ReadFromJsonAsync<Pet>());
    }

    [Fact]
    public async Task Invalid_model_is_a_400_with_problem_details()
    {
        var client = await ServeAsync();

        using var response = await client.PostAsJsonAsync("/conformance/pets", new { Id = 3, Name = "" });

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        using var problem = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        Assert.True(problem.RootElement.GetProperty("errors").TryGetProperty("Name", out _));
        Assert.Equal(400, problem.RootElement.GetProperty("status").GetInt32());
    }

    [Fact]
    public async Task Malformed_json_is_a_400()
    {
        var client = await ServeAsync();

        using var response = await client.PostAsync("/conformance/pets", new StringContent("{\"id\":", Encoding.UTF8, "application/json"));

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
    }

    [Fact]
    public async Task Unsupported_media_type_is_a_415()
    {
        var client = await ServeAsync();

        using var response = await client.PostAsync("/conformance/pets", new StringContent("<pet/>", Encoding.UTF8, "application/xml"));

        Assert.Equal(HttpStatusCode.UnsupportedMediaType, response.StatusCode);
    }

    [Fact]
    public async Task Header_and_form_are_bound()
    {
        var client = await ServeAsync();
        var request = new HttpRequestMessage(HttpMethod.Put, "/conformance/pets/form")
        {
            Content = new FormUrlEncodedContent([new("name", "Bello"), new("id", "9")]),
            Headers = { { "X-Tag", "from the header" } },
        };

        using var response = await client.SendAsync(request);

        Assert.Equal("9 Bello from the header", await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Uploaded_file_is_bound()
    {
        var client = await ServeAsync();
        var bytes = Payload.Bytes(200_000);

        using var response = await client.PostAsync("/conformance/pets/photo", new MultipartFormDataContent
        {
            { new ByteArrayContent(bytes), "photo", "rex.png" },
        });

        Assert.Equal("rex.png 200000", await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task No_content_result_is_a_204()
    {
        var client = await ServeAsync();

        using var response = await client.DeleteAsync("/conformance/pets/7");

        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        Assert.Empty(await response.Content.ReadAsByteArrayAsync());
    }

    [Theory]
    [InlineData("GET", "/conformance/nothing", 404)]
    [InlineData("PATCH", "/conformance/pets/7", 405)]
    [InlineData("GET", "/conformance/pets/seven", 404)]
    public async Task Unroutable_requests_have_their_status(string method, string path, int status)
    {
        var client = await ServeAsync();

        using var response = await client.SendAsync(new HttpRequestMessage(new HttpMethod(method), path));

        Assert.Equal(status, (int)response.StatusCode);
        if (status == 405)
        {
            Assert.Equal(["DELETE", "GET"], response.Content.Headers.Allow.Order());
        }
    }

    [Fact]
    public async Task Items_of_an_async_stream_arrive_as_json()
    {
        var client = await ServeAsync();

        var pets = await client.GetFromJsonAsync<Pet[]>("/conformance/pets/stream?count=100");

        Assert.Equal(Enumerable.Range(0, 100).Select(i => new Pet(i, $"pet {i}")), pets);
    }
}
