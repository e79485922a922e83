using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;

namespace SocketRest.AspNetCore.Tests.Conformance;

/// <summary>What <see cref="MvcTests{TTransport}"/> calls.</summary>
[ApiController]
[Route("conformance/pets")]
public sealed class PetsController : ControllerBase
{
    public sealed record Pet(int Id, [Required, MinLength(1)] string Name);

    [HttpGet("{id:int}", Name = "pet")]
    public ActionResult<Pet> Get(int id, [FromQuery] string name) => Ok(new Pet(id, name));

    [HttpPost]
    public ActionResult<Pet> Create(Pet pet)
    {
        ArgumentNullException.ThrowIfNull(pet);
        return CreatedAtRoute("pet", new { id = pet.Id }, pet);
    }

    [HttpPut("form")]
    public ContentResult Form([FromForm] int id, [FromForm] string name, [FromHeader(Name = "X-Tag")] string tag) =>
        Content($"{id} {name} {tag}");

    [HttpPost("photo")]
    public ContentResult Photo(IFormFile photo)
    {
        ArgumentNullException.ThrowIfNull(photo);
        return Content($"{photo.FileName} {photo.Length}");
    }

    [HttpDelete("{id:int}")]
    public IActionResult Delete(int id) => NoContent();

    [HttpGet("stream")]
    public async IAsyncEnumerable<Pet> Stream(int count)
    {
        for (var i = 0; i < count; i++)
        {
            await Task.Yield();
            HttpContext.RequestAborted.ThrowIfCancellationRequested();
            yield return new Pet(i, $"pet {i}");
        }
    }
}
