// Calls a SignalR hub over one transport: node client.mjs URL WebSockets|ServerSentEvents|LongPolling. The last line says what came back.
import signalR from "@microsoft/signalr";

const [url, transport] = process.argv.slice(2);
const connection = new signalR.HubConnectionBuilder()
    .withUrl(url, { transport: signalR.HttpTransportType[transport], headers: { "X-Caller": "node" } })
    .configureLogging(signalR.LogLevel.Warning)
    .build();

const pushed = new Promise(resolve => connection.on("pushed", resolve));
await connection.start();
const echoed = await connection.invoke("echo", "x".repeat(20000));
const streamed = [];
await new Promise((resolve, reject) =>
    connection.stream("count", 5).subscribe({ next: item => streamed.push(item), complete: resolve, error: reject }));
const subject = new signalR.Subject();
const sum = connection.invoke("sum", subject);
for (const item of [1, 2, 3]) {
    subject.next(item);
}

subject.complete();
await connection.send("pushMe", "hello");
console.log(JSON.stringify({ echoed: echoed.length, streamed, sum: await sum, pushed: await pushed, transport: await connection.invoke("transport") }));
await connection.stop();
