import Deadlines
import FakeKubernetes
import KubernetesClient
import Testing
import WireFormats

@Suite(.timeLimit(.minutes(5)))
struct LogTests {
    private static func lines(_ log: LogSequence) async throws -> [String] {
        try await log.reduce(into: []) { $0.append($1) }
    }

    @Test func readsAllLinesOrTheLast() async throws {
        try await withCluster { cluster, client in
            cluster.deploy("api")
            let pod = try #require(cluster.pods(of: "api").first)
            cluster.log(["one", "two", "three"], pod: pod)
            let all = try await Self.lines(client.logs(pod))
            let last = try await Self.lines(client.logs(pod, LogOptions(tail: 2)))
            #expect(all == ["one", "two", "three"])
            #expect(last == ["two", "three"])
        }
    }

    @Test func followsUntilTheContainerEnds() async throws {
        try await withCluster { cluster, client in
            cluster.deploy("api")
            let pod = try #require(cluster.pods(of: "api").first)
            cluster.log(["one"], pod: pod)
            var log = client.logs(pod, LogOptions(follow: true)).makeAsyncIterator()
            let first = try await log.next("a line")
            #expect(first == "one")
            cluster.log(["two", "three"], pod: pod)
            #expect(try await log.next("a line") == "two")
            #expect(try await log.next("a line") == "three")
            cluster.endLog(pod: pod)
            #expect(try await log.next("a line") == nil)
        }
    }

    @Test func readsThePreviousContainerAndSince() async throws {
        try await withCluster { cluster, client in
            cluster.deploy("api")
            let pod = try #require(cluster.pods(of: "api").first)
            cluster.log(["before the crash"], pod: pod, previous: true)
            cluster.log(["old"], pod: pod, at: Timestamp.now.advanced(by: .seconds(-100)))
            cluster.log(["new"], pod: pod)
            var options = LogOptions()
            options.previous = true
            let previous = try await Self.lines(client.logs(pod, options))
            let recent = try await Self.lines(client.logs(pod, LogOptions(since: .seconds(10))))
            #expect(previous == ["before the crash"])
            #expect(recent == ["new"])
        }
    }

    @Test func containersAreChosenByName() async throws {
        try await withCluster { cluster, client in
            cluster.put(.pods, ["metadata": ["name": "p"], "spec": ["containers": [["name": "a"], ["name": "b"]]]])
            cluster.log(["from b"], pod: "p", container: "b")
            let chosen = try await Self.lines(client.logs("p", LogOptions(container: "b")))
            #expect(chosen == ["from b"])
            let error = await kubernetesError { _ = try await Self.lines(client.logs("p")) }
            #expect(error?.kind == .invalid)
            #expect(error?.message.contains("choose one of: [a b]") == true)
            #expect(await errorKind { _ = try await Self.lines(client.logs("nobody")) } == .notFound)
        }
    }
}
