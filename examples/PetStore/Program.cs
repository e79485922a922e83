using PetStore.Api;

var builder = WebApplication.CreateBuilder(args);
builder.Services.AddPetStore(_ => { }).AddPetStoreDocument();
var app = builder.Build();
app.MapPetStore();
app.UseSwagger();
app.UseSwaggerUI();
app.Run();
