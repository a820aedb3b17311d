import AsyncPrimitives
import Deadlines
import Foundation
import NIOCore
import RawHTTP
import TestSupport
import Testing

@testable import KubernetesClient

/// Servers and networks that go silent in the middle of a response.
@Suite(.timeLimit(.minutes(2)))
struct StalledServerTests {
    private static func configuration(_ server: RawServer) -> ClusterConfiguration {
        var configuration = ClusterConfiguration(server: server.url(""), user: Kubeconfig.User())
        configuration.requestTimeout = .milliseconds(300)
        return configuration
    }

    private static func write(_ text: String, to channel: any Channel) {
        channel.writeAndFlush(ByteBuffer(string: text), promise: nil)
    }

    private static let list =
        "{\"kind\":\"ConfigMapList\",\"apiVersion\":\"v1\",\"metadata\":{\"resourceVersion\":\"1\"},\"items\":[]}"

    @Test func aBodyThatStallsTimesOut() async throws {
        let start = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"
        try await RawServer.run(respond: { _, channel in Self.write(start, to: channel) }) { server in
            try await withClient(Self.configuration(server)) { client in
                let kind = try await within(.seconds(30), "the call") { await errorKind { _ = try await client.version() } }
                #expect(kind == .timeout)
            }
        }
    }

    @Test func aRefusalThatStallsTimesOut() async throws {
        let start = "HTTP/1.1 403 Forbidden\r\nContent-Length: 100\r\n\r\n{"
        try await RawServer.run(respond: { _, channel in Self.write(start, to: channel) }) { server in
            try await withClient(Self.configuration(server)) { client in
                let kind = try await within(.seconds(30), "the log") {
                    await errorKind { for try await _ in client.logs("pod") {} }
                }
                #expect(kind == .forbidden)
            }
        }
    }

    /// An accepted watch whose first line is an error is not a success: the next attempt waits.
    @Test func failingWatchesArePaced() async throws {
        let failure = "{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"code\":500,\"reason\":\"InternalError\"}}\n"
        let server = try await RawServer.start { request, channel in
            if request.path.contains("watch=true") {
                Self.write("HTTP/1.1 200 OK\r\nContent-Length: \(failure.utf8.count)\r\n\r\n\(failure)", to: channel)
            } else {
                RawServer.status(200, body: Self.list)(request, channel)
            }
        }
        try await withClient(Self.configuration(server)) { client in
            let watch = WatchSequence<ConfigMap>(
                client: client, kind: .configMaps, namespace: .current, options: ListOptions(), resourceVersion: nil,
                backoff: WatchBackoff(retries: RetryPolicy(firstPause: .seconds(3600), longestPause: .seconds(3600), jitter: .equal)))
            let interruptions = AsyncStream<KubernetesError.Kind>.makeStream()
            let reader = Task {
                // bounded: by the cancellation below, whose end is waited for.
                for try await event in watch {
                    if case .interrupted(let error) = event { interruptions.continuation.yield(error.kind) }
                }
            }
            var kinds = interruptions.stream.makeAsyncIterator()
            #expect(try await kinds.next("an interruption") == .server)
            // The first two repetitions are immediate, the next one is an hour away.
            _ = try await server.requests(4)
            for _ in 0..<20 { _ = try await client.list(ConfigMap.self) }
            #expect(server.requests.count { $0.path.contains("watch=true") } == 3)
            reader.cancel()
            try await within(.seconds(30), "the watch to end") { _ = await reader.result }
        }
        try await server.stop()
    }

    /// Without it, a watch whose peer has vanished would never end.
    @Test func silentConnectionsAreProbed() async throws {
        let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        try await RawServer.run(respond: { _, channel in Self.write(head, to: channel) }) { server in
            try await withClient(Self.configuration(server)) { client in
                let reader = Task {
                    // bounded: by the cancellation below, whose end is waited for.
                    for try await _ in client.watch(ConfigMap.self, from: "1") {}
                }
                _ = try await server.requests(1)
                let timer = try await eventually("a keep-alive timer") { try Self.keepAlive(ofConnectionTo: server.port) }
                #expect(timer <= .seconds(KeepAlive.idle))
                reader.cancel()
                try await within(.seconds(30), "the watch to end") { _ = await reader.result }
            }
        }
    }

    /// The time until the next probe of an established connection to a local port; nil if it has no such timer (proc(5), `tcp`).
    private static func keepAlive(ofConnectionTo port: Int) throws -> Duration? {
        let remote = "0100007F:" + String(port, radix: 16, uppercase: true).leftPadded(to: 4)
        // Foundation reads only the beginning of a file whose size is said to be 0.
        let rows = try Command.run("cat", ["/proc/net/tcp"]).output.split(separator: "\n").dropFirst()
        for row in rows {
            let columns = row.split(separator: " ")
            guard columns.count > 5, columns[2] == remote, columns[3] == "01" else { continue }
            let timer = columns[5].split(separator: ":")
            // 02 is the keep-alive timer; its time is in hundredths of a second.
            guard timer.count == 2, timer[0] == "02", let ticks = Int(timer[1], radix: 16) else { continue }
            return .milliseconds(ticks * 10)
        }
        return nil
    }
}

extension String {
    fileprivate func leftPadded(to length: Int) -> String { String(repeating: "0", count: max(0, length - count)) + self }
}
