using System.Net.Sockets;
using PetStore.Client;
using SocketRest;
using SocketRest.AspNetCore;

namespace PetStore;

/// <summary>Starts a hub and a device, calls the one and the other through a tunnel, and says so.</summary>
internal static class Demonstration
{
    public const string DefaultUrl = "http://127.0.0.1:5080";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public static async Task<int> RunAsync(string url, bool once)
    {
        await using var hub = Hub.Build(url);
        try
        {
            await hub.StartAsync();
        }
        catch (Exception exception) when (exception is IOException or SocketException)
        {
            Console.Error.WriteLine(
                $"{exception.Message} Choose where to listen with --urls http://127.0.0.1:5081; port 0 is any that is free.");
            return 1;
        }

        var address = new HubAddress(hub);
        var device = DeviceProcess.Start(address.Tunnel);
        var completed = await TryAsync(() => ShowAsync(hub, address, device, once), hub.Lifetime.ApplicationStopping);
        // The device goes first, so that it takes leave of a hub that is still there.
        var ended = await TryAsync(device.EndAsync, CancellationToken.None);
        await hub.StopAsync();
        return completed && ended ? 0 : 1;
    }

    private static async Task<bool> TryAsync(Func<Task> step, CancellationToken stopping)
    {
        try
        {
            await step();
            return true;
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            Console.WriteLine("Ending.");
            return true;
        }
        catch (Exception exception)
        {
            Console.Error.WriteLine($"Failed: {exception}");
            return false;
        }
    }

    private static async Task ShowAsync(WebApplication hub, HubAddress address, DeviceProcess device, bool once)
    {
        var stopping = hub.Lifetime.ApplicationStopping;
        Console.WriteLine($"The hub, process {Environment.ProcessId}, listens at {address.Page} and accepts tunnels at {address.Tunnel}.");

        Console.WriteLine("1. A caller dials the hub and calls its pet store through the tunnel:");
        await using (var tunnel = await SocketRestClient.ConnectAsync(address.Tunnel, cancellationToken: stopping))
            await VisitAsync(tunnel.CreateHandler(), "hub", stopping);

        var connection = await WaitForDeviceAsync(hub, device, stopping);
        Console.WriteLine(
            $"2. The hub calls the pet store of {connection.Name}, process {device.Id}, which dialled the hub and listens nowhere:");
        await VisitAsync(connection.CreateHandler(), Device.DefaultName, stopping);

        if (once)
            return;
        Console.WriteLine($"Open {address.Swagger} to try the API; its definition '{DeviceEndpoints.Title}' calls the device. Ctrl+C ends.");
        await device.WaitForEndAsync(stopping);
        // Ctrl+C reaches the device as well, which may be gone before the hub has heard of it.
        await Task.Delay(TimeSpan.FromSeconds(1), stopping);
        throw new InvalidOperationException("The device ended by itself.");
    }

    private static async Task VisitAsync(HttpMessageHandler handler, string store, CancellationToken stopping)
    {
        using var http = new HttpClient(handler) { BaseAddress = new Uri("http://petstore/") };
        await new Tour(new PetStoreClient(http), stopping).RunAsync(store);
    }

    private static async Task<SocketRestConnection> WaitForDeviceAsync(WebApplication hub, DeviceProcess device, CancellationToken stopping)
    {
        var registry = hub.Services.GetRequiredService<SocketRestConnectionRegistry>();
        var deadline = DateTimeOffset.UtcNow + Patience;
        while (!device.HasEnded && DateTimeOffset.UtcNow < deadline)
        {
            if (registry.TryGetByName(Device.DefaultName, out var connection))
                return connection;
            await Task.Delay(TimeSpan.FromMilliseconds(20), stopping);
        }

        throw new TimeoutException($"{Device.DefaultName} did not dial in.");
    }
}
