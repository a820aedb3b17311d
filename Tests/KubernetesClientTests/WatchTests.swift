import Deadlines
import FakeKubernetes
import KubernetesClient
import Testing
import WireFormats

@Suite(.timeLimit(.minutes(5)))
struct WatchTests {
    private static func label(_ event: WatchEvent<ConfigMap>?) -> String {
        switch event {
        case .listed(let objects): "listed \(objects.map(\.name).joined(separator: ","))"
        case .added(let object): "added \(object.name)"
        case .modified(let object): "modified \(object.name)"
        case .deleted(let object): "deleted \(object.name)"
        case .interrupted(let error): "interrupted \(error.kind)"
        case nil: "ended"
        }
    }

    private static func put(_ cluster: FakeCluster, _ name: String, _ value: String = "1") {
        cluster.put(.configMaps, ["metadata": ["name": .string(name)], "data": ["value": .string(value)]])
    }

    @Test func listsAndThenReportsEachChange() async throws {
        try await withCluster { cluster, client in
            Self.put(cluster, "a")
            var watch = client.watch(ConfigMap.self).makeAsyncIterator()
            #expect(Self.label(try await watch.next("a change")) == "listed a")
            Self.put(cluster, "b")
            Self.put(cluster, "a", "2")
            cluster.delete(.configMaps, "b")
            let first = try await watch.next("a change")
            #expect(Self.label(first) == "added b")
            #expect(Self.label(try await watch.next("a change")) == "modified a")
            #expect(Self.label(try await watch.next("a change")) == "deleted b")
        }
    }

    @Test func resumesAfterADisconnection() async throws {
        try await withCluster { cluster, client in
            Self.put(cluster, "a")
            var watch = client.watch(ConfigMap.self).makeAsyncIterator()
            _ = try await watch.next("a change")
            Self.put(cluster, "b")
            #expect(Self.label(try await watch.next("a change")) == "added b")
            cluster.disconnectStreams()
            Self.put(cluster, "c")
            Self.put(cluster, "d")
            #expect(Self.label(try await watch.next("a change")) == "added c")
            #expect(Self.label(try await watch.next("a change")) == "added d")
            // One list at the start, none afterwards.
            #expect(cluster.requests.filter { $0.path.hasSuffix("configmaps") && $0.query["watch"] == nil }.count == 1)
        }
    }

    @Test func reportsAnInterruptionAndContinues() async throws {
        try await withCluster { cluster, client in
            Self.put(cluster, "a")
            var watch = client.watch(ConfigMap.self).makeAsyncIterator()
            _ = try await watch.next("a change")
            cluster.fail(FakeClusterFault(.status(503, reason: "ServiceUnavailable", message: "starting"), count: 2))
            Self.put(cluster, "b")
            #expect(Self.label(try await watch.next("a change")) == "interrupted server")
            #expect(Self.label(try await watch.next("a change")) == "added b")
        }
    }

    @Test func listsAgainIfTheVersionIsTooOld() async throws {
        try await withCluster { cluster, client in
            Self.put(cluster, "a")
            var watch = client.watch(ConfigMap.self).makeAsyncIterator()
            _ = try await watch.next("a change")
            Self.put(cluster, "b")
            _ = try await watch.next("a change")
            cluster.disconnectStreams()
            cluster.delete(.configMaps, "a")
            cluster.compact()
            #expect(Self.label(try await watch.next("a change")) == "listed b")
            Self.put(cluster, "c")
            #expect(Self.label(try await watch.next("a change")) == "added c")
        }
    }

    @Test func listsAgainWhenAnOpenWatchExpires() async throws {
        try await withCluster { cluster, client in
            var watch = client.watch(ConfigMap.self).makeAsyncIterator()
            _ = try await watch.next("a change")
            Self.put(cluster, "a")
            _ = try await watch.next("a change")
            cluster.compact()
            #expect(Self.label(try await watch.next("a change")) == "listed a")
        }
    }

    @Test func aBookmarkAdvancesThePosition() async throws {
        try await withCluster { cluster, client in
            var watch = client.watch(ConfigMap.self).makeAsyncIterator()
            _ = try await watch.next("a change")
            Self.put(cluster, "a")
            _ = try await watch.next("a change")
            let before = try #require(cluster.object(.configMaps, "a")?["metadata"]?["resourceVersion"]?.stringValue)
            // Changes of other objects advance the version; only a bookmark reports this to the watch.
            cluster.put(.pods, ["metadata": ["name": "p"]])
            cluster.sendBookmarks()
            try await eventually("the bookmark is sent") { cluster.deliveredBookmarks == 1 }
            cluster.disconnectStreams()
            Self.put(cluster, "b")
            #expect(Self.label(try await watch.next("a change")) == "added b")
            let resumed = cluster.requests.last { $0.query["watch"] == "true" }?.query["resourceVersion"].flatMap { Int($0) }
            #expect(resumed == (Int(before) ?? 0) + 1)
        }
    }

    @Test func startsFromAVersionWithoutAList() async throws {
        try await withCluster { cluster, client in
            Self.put(cluster, "a")
            let list = try await client.list(ConfigMap.self)
            Self.put(cluster, "b")
            var watch = client.watch(ConfigMap.self, from: list.resourceVersion).makeAsyncIterator()
            #expect(Self.label(try await watch.next("a change")) == "added b")
        }
    }

    @Test func anObjectThatNoLongerMatchesIsDeleted() async throws {
        try await withCluster { cluster, client in
            cluster.put(.pods, ["metadata": ["name": "p", "labels": ["app": "api"]]])
            var watch = client.watch(.pods, ListOptions(labelSelector: "app=api")).makeAsyncIterator()
            _ = try await watch.next("a change")
            cluster.update(.pods, "p") { $0["metadata"]?["labels"] = ["app": "web"] }
            guard case .deleted = try await watch.next("a change") else {
                Issue.record("a deletion was expected")
                return
            }
        }
    }

    @Test func permanentErrorsAreThrown() async throws {
        try await withCluster { cluster, client in
            cluster.deny(DenialRule(verbs: ["watch"], resource: "configmaps"))
            var watch = client.watch(ConfigMap.self).makeAsyncIterator()
            _ = try await watch.next("a change")
            #expect(await errorKind { _ = try await watch.next("a change") } == .forbidden)
        }
    }

    @Test func endsWithItsTask() async throws {
        try await withCluster { cluster, client in
            let reader = Task {
                // bounded: by the cancellation below, whose end is waited for.
                for try await _ in client.watch(ConfigMap.self) {}
            }
            try await eventually("the watch is open") { cluster.openStreams == 1 }
            reader.cancel()
            await #expect(throws: CancellationError.self) { try await reader.value("the watch to end") }
        }
    }
}
