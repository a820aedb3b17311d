import Deadlines
import FakeKubernetes
import KubernetesClient
import NIOCore
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(5)))
struct PortForwardTests {
    @Test func forwardsBytesBothWays() async throws {
        try await withCluster { cluster, client in
            cluster.deploy("api")
            let pod = try #require(cluster.pods(of: "api").first)
            cluster.echo(pod: pod, port: 8_080)
            let forwarding = try await client.forwardPort { PodPort(pod: pod, port: 8_080) }
            let large = String(repeating: "0123456789abcdef", count: 40_000)
            let small = try await LocalConnection.exchange("hello", port: forwarding.localPort)
            let echoed = try await LocalConnection.exchange(large, port: forwarding.localPort)
            #expect(small == "hello")
            #expect(echoed == large)
            await forwarding.close()
            try await eventually("the pod's connections end") { cluster.openForwards == 0 }
        }
    }

    @Test func worksWithAToken() async throws {
        try await withCluster(login: .token("sesame")) { cluster, client in
            cluster.addToken("sesame", user: FakeClusterUser(name: "jane"))
            cluster.deploy("api")
            let pod = try #require(cluster.pods(of: "api").first)
            cluster.echo(pod: pod, port: 8_080)
            let forwarding = try await client.forwardPort { PodPort(pod: pod, port: 8_080) }
            let echoed = try await LocalConnection.exchange("x", port: forwarding.localPort)
            #expect(echoed == "x")
            await forwarding.close()
        }
    }

    @Test func continuesWithAnotherPodWhenOneIsDeleted() async throws {
        try await withCluster { cluster, client in
            cluster.deploy("api", replicas: 2)
            let pods = cluster.pods(of: "api")
            for pod in pods { cluster.echo(pod: pod, port: 8_080) }
            let forwarding = try await client.forwardPort { PodPort(pod: try #require(cluster.pods(of: "api").first), port: 8_080) }
            var events = forwarding.events.makeAsyncIterator()
            let connection = try await LocalConnection.open(port: forwarding.localPort)
            try await connection.executeThenClose { input, output in
                try await output.write(ByteBuffer(string: "a"))
                var bytes = input.makeAsyncIterator()
                #expect(try await bytes.next("what came back, or the end") == ByteBuffer(string: "a"))
                cluster.delete(.pods, pods[0])
                cluster.dropForwards(pod: pods[0])
                #expect(try await bytes.next("what came back, or the end") == nil)
            }
            guard case .connected(let first) = try await events.next("word of the connection") else { throw Unexpected() }
            guard case .failed(let lost, let error) = try await events.next("word of the connection") else { throw Unexpected() }
            #expect(first.pod == pods[0])
            #expect(lost?.pod == pods[0])
            #expect(error.kind == .unreachable)
            let echoed = try await LocalConnection.exchange("b", port: forwarding.localPort)
            #expect(echoed == "b")
            guard case .connected(let second) = try await events.next("word of the connection") else { throw Unexpected() }
            #expect(second.pod == pods[1])
            await forwarding.close()
        }
    }

    @Test func looksUpADeletedPodAgain() async throws {
        try await withCluster { cluster, client in
            cluster.deploy("api")
            let pod = try #require(cluster.pods(of: "api").first)
            cluster.echo(pod: pod, port: 8_080)
            let responses = Responses(["gone", pod])
            let forwarding = try await client.forwardPort { PodPort(pod: responses.next(), port: 8_080) }
            let echoed = try await LocalConnection.exchange("b", port: forwarding.localPort)
            #expect(echoed == "b")
            var events = forwarding.events.makeAsyncIterator()
            guard case .failed(let lost, let error) = try await events.next("word of the connection") else { throw Unexpected() }
            #expect(lost?.pod == "gone")
            #expect(error.kind == .notFound, "\(error)")
            await forwarding.close()
        }
    }

    @Test func reportsTheErrorOfThePod() async throws {
        try await withCluster { cluster, client in
            cluster.deploy("api")
            let pod = try #require(cluster.pods(of: "api").first)
            cluster.refuse(pod: pod, port: 81, message: "connection refused in the pod")
            let forwarding = try await client.forwardPort { PodPort(pod: pod, port: 81) }
            let response = try await LocalConnection.exchange("x", port: forwarding.localPort)
            #expect(response.isEmpty)
            let refusal = try await forwarding.events.first("the pod's refusal") { if case .failed = $0 { true } else { false } }
            guard case .failed(_, let error) = refusal else { throw Unexpected() }
            #expect(error.message.contains("connection refused in the pod"))
            await forwarding.close()
        }
    }

    @Test func reportsThatItIsForbidden() async throws {
        try await withCluster { cluster, client in
            cluster.deploy("api")
            let pod = try #require(cluster.pods(of: "api").first)
            cluster.deny(DenialRule(resource: "pods/portforward"))
            let forwarding = try await client.forwardPort { PodPort(pod: pod, port: 81) }
            let response = try await LocalConnection.exchange("x", port: forwarding.localPort)
            #expect(response.isEmpty)
            var events = forwarding.events.makeAsyncIterator()
            guard case .failed(_, let error) = try await events.next("word of the connection") else { throw Unexpected() }
            #expect(error.kind == .forbidden, "\(error)")
            await forwarding.close()
        }
    }

    @Test func aPortInUseIsNamed() async throws {
        try await withCluster { _, client in
            let first = try await client.forwardPort { PodPort(pod: "a", port: 1) }
            let error = await kubernetesError { _ = try await client.forwardPort(first.localPort) { PodPort(pod: "a", port: 1) } }
            #expect(error?.kind == .localPort)
            await first.close()
        }
    }

    @Test func closingEndsConnections() async throws {
        try await withCluster { cluster, client in
            cluster.deploy("api")
            let pod = try #require(cluster.pods(of: "api").first)
            cluster.echo(pod: pod, port: 8_080)
            let forwarding = try await client.forwardPort { PodPort(pod: pod, port: 8_080) }
            let connection = try await LocalConnection.open(port: forwarding.localPort)
            try await connection.executeThenClose { input, output in
                try await output.write(ByteBuffer(string: "a"))
                var bytes = input.makeAsyncIterator()
                #expect(try await bytes.next("what came back, or the end") == ByteBuffer(string: "a"))
                await forwarding.close()
                #expect(try await bytes.next("what came back, or the end") == nil)
            }
        }
    }
}

private struct Unexpected: Error {}

private final class Responses: Sendable {
    private let rest: Mutex<[String]>

    init(_ responses: [String]) {
        rest = Mutex(responses)
    }

    func next() -> String { rest.withLock { $0.isEmpty ? "" : $0.removeFirst() } }
}
