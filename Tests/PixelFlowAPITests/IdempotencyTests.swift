import HTTPTypes
import HummingbirdTesting
import PixelFlowCore
import Testing

/// A request that is sent again is the same request.
@Suite struct IdempotencyTests {
    private let key: HTTPFields = [.idempotencyKey: "order-1"]

    @Test func theSameRequestIsTheSameTask() async throws {
        let harness = try await APIHarness()
        try await harness.run { ada, _ in
            let first = try await ada.task(headers: key)
            let again = try await ada.post(image: "bytes", headers: key)
            #expect(again.status == .accepted)
            #expect(try again.taskID() == first)
            #expect(again.headers[.location] == "/api/tasks/\(first)")
            #expect(try await harness.objects(of: ada).count == 1)
        }
    }

    @Test func anotherBodyIsRefused() async throws {
        let harness = try await APIHarness()
        try await harness.run { ada, _ in
            _ = try await ada.task(headers: key)
            let other = try await ada.post(image: "other bytes", headers: key)
            #expect(other.status == .unprocessableContent)
            #expect(other.code == "idempotency_key_reused")
            let otherPipeline = try await ada.post(image: "bytes", query: "?preset=avatar", headers: key)
            #expect(otherPipeline.code == "idempotency_key_reused")
            // Of what was refused nothing stays.
            #expect(try await harness.objects(of: ada).count == 1)
        }
    }

    @Test func everybodyHasKeysOfTheirOwn() async throws {
        try await APIHarness().run { ada, bob in
            let hers = try await ada.task(headers: key)
            let his = try await bob.task(image: "other", headers: key)
            #expect(hers != his)
        }
    }

    @Test func ofManyAtOnceOneIsMade() async throws {
        let harness = try await APIHarness()
        try await harness.run { ada, _ in
            let ids = try await withThrowingTaskGroup(of: TaskID.self) { group in
                for _ in 0..<10 { group.addTask { try await ada.task(headers: key) } }
                return try await group.reduce(into: Set<TaskID>()) { $0.insert($1) }
            }
            #expect(ids.count == 1)
            #expect(try await harness.objects(of: ada).count == 1)
        }
    }

    @Test func aDeletedTaskFreesItsKey() async throws {
        try await APIHarness().run { ada, _ in
            let first = try await ada.task(headers: key)
            _ = try await ada.send(.delete, "/api/tasks/\(first)")
            #expect(try await ada.task(image: "other", headers: key) != first)
        }
    }

    @Test(arguments: ["", String(repeating: "k", count: 256)])
    func keysHaveALength(_ text: String) async throws {
        try await APIHarness().run { ada, _ in
            let response = try await ada.post(image: "bytes", headers: [.idempotencyKey: text])
            #expect(response.status == .unprocessableContent)
            #expect(response.field == "Idempotency-Key")
        }
    }
}
