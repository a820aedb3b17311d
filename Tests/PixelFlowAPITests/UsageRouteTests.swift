import Foundation
import HTTPTypes
import HummingbirdTesting
import NIOCore
import PixelFlowCore
import Testing

@testable import PixelFlowAPI

@Suite struct UsageRouteTests {
    /// Sets the quota of a user's organisation as an operator.
    private func set(_ quota: String, of client: APIClient, _ harness: APIHarness) async throws -> TestResponse {
        var operators = client
        operators.token = APIHarness.secret
        let path = "/api/organisations/\(try await harness.tenant(of: client.token))/quota"
        return try await operators.send(.put, path, body: ByteBuffer(string: quota))
    }

    @Test func operatorsSetAQuotaAndReadIt() async throws {
        let harness = try await APIHarness()
        try await harness.run { ada, _ in
            let all = #"{"bytes_stored":2,"retention_days":5,"source_bytes":4,"tasks_in_flight":3,"tasks_per_month":1,"weight":6}"#
            #expect(try await set(all, of: ada, harness).text == all)
            var operators = ada
            operators.token = APIHarness.secret
            let path = "/api/organisations/\(try await harness.tenant(of: ada.token))/quota"
            #expect(try await operators.get(path).text == all)
            let none =
                #"{"bytes_stored":null,"retention_days":null,"source_bytes":null,"tasks_in_flight":null,"tasks_per_month":null,"weight":null}"#
            #expect(try await set("{}", of: ada, harness).text == none)
            #expect(try await operators.get("/api/organisations/\(UUIDv7.make())/quota").text == none)
        }
    }

    /// A mistyped id must not look like success.
    @Test(arguments: ["x", "%20", "0193b1f6-0000-7000-8000-00000000000", "0193B1F6-0000-7000-8000-000000000001"])
    func anIDThatNoOrganisationHasIsNotFound(id: String) async throws {
        try await APIHarness().run { ada, _ in
            var operators = ada
            operators.token = APIHarness.secret
            let path = "/api/organisations/\(id)/quota"
            let (read, set) = (try await operators.get(path), try await operators.send(.put, path, body: ByteBuffer(string: "{}")))
            #expect([read.code, set.code] == ["not_found", "not_found"])
        }
    }

    @Test(arguments: [
        (#"{"tasks_per_month":-1}"#, "tasks_per_month"), (#"{"retention_days":0}"#, "retention_days"), (#"{"weight":0}"#, "weight"),
        (#"{"source_bytes":"many"}"#, "source_bytes"), (#"{"weight":2,"tasks_in_flight":1.5}"#, "tasks_in_flight"),
        (#"{"bytes_stored":99999999999999999999}"#, "bytes_stored"),
    ])
    func aQuotaOutOfRangeIsRefused(quota: String, field: String) async throws {
        let harness = try await APIHarness()
        try await harness.run { ada, _ in
            let refusal = try await set(quota, of: ada, harness)
            #expect(refusal.status == .unprocessableContent)
            #expect(refusal.field == field)
        }
    }

    @Test func aQuotaMustNotBeNull() async throws {
        let harness = try await APIHarness()
        try await harness.run { ada, _ in
            let refusal = try await set("null", of: ada, harness)
            #expect(refusal.status == .unprocessableContent)
            #expect(refusal.code == "missing_value")
            let paths = try #require(try await ada.get("/openapi.json").object()["paths"] as? [String: [String: Any]])
            let operation = try #require(paths["/api/organisations/{id}/quota"]?["put"] as? [String: Any])
            let responses = try #require(operation["responses"] as? [String: Any])
            let text = String(decoding: try JSONSerialization.data(withJSONObject: try #require(responses["422"])), as: UTF8.self)
            #expect(text.contains("missing_value"))
        }
    }

    @Test(arguments: ["task_per_month", "tasksPerMonth", ""]) func aQuotaWithATypingErrorChangesNothing(name: String) async throws {
        let harness = try await APIHarness()
        try await harness.run { ada, _ in
            #expect(try await set(#"{"tasks_per_month":1}"#, of: ada, harness).status == .ok)
            for value in ["100", "null"] {
                let refusal = try await set(#"{"\#(name)":\#(value)}"#, of: ada, harness)
                #expect(refusal.status == .unprocessableContent)
                #expect(refusal.code == "unknown_parameter")
                #expect(refusal.field == name)
            }
            let usage = try await ada.get("/api/usage").object()
            #expect((usage["quota"] as? [String: Any])?["tasks_per_month"] as? Int == 1)
        }
    }

    @Test func onlyOperatorsSeeTheBackendDiagnosis() async throws {
        let harness = try await APIHarness()
        try await harness.run { ada, _ in
            let refusal = try await ada.get("/operator/backends")
            #expect(refusal.status == .unauthorized)
            var operators = ada
            operators.token = APIHarness.secret
            let response = try await operators.get("/operator/backends")
            #expect(response.text == #"{"backends":[]}"#)
        }
    }

    @Test func onlyOperatorsSetQuotas() async throws {
        let harness = try await APIHarness()
        try await harness.run { ada, _ in
            let path = "/api/organisations/\(try await harness.tenant(of: ada.token))/quota"
            for method in [HTTPRequest.Method.get, .put] {
                let refusal = try await ada.send(method, path, body: ByteBuffer(string: "{}"))
                #expect(refusal.status == .unauthorized)
                #expect(refusal.code == "token_invalid")
            }
        }
    }

    @Test(arguments: [
        (#"{"tasks_in_flight":1}"#, "tasks_in_flight", 429), (#"{"tasks_per_month":1}"#, "tasks_per_month", 429),
        (#"{"bytes_stored":9}"#, "bytes_stored", 403), (#"{"source_bytes":4}"#, "source_bytes", 403),
    ])
    func anUploadBeyondTheQuotaIsNotStored(quota: String, name: String, status: Int) async throws {
        let harness = try await APIHarness()
        try await harness.run { ada, bob in
            _ = try await ada.task()
            #expect(try await set(quota, of: ada, harness).status == .ok)
            let refusal = try await ada.post(image: "bytes")
            #expect(refusal.status.code == status)
            #expect(refusal.code == "quota_exceeded")
            #expect(refusal.field == name)
            #expect((refusal.headers[.retryAfter] != nil) == (status == 429))
            #expect(try await harness.objects(of: ada).count == 1)
            #expect(try await bob.post(image: "bytes").status == .accepted)
        }
    }

    @Test func usageShowsQuotasUseAndDay() async throws {
        let harness = try await APIHarness()
        try await harness.run { ada, bob in
            let id = try await ada.task()
            try await harness.complete(id)
            _ = try await ada.task(image: "more bytes")
            _ = try await bob.task()
            #expect(try await set(#"{"tasks_per_month":7}"#, of: ada, harness).status == .ok)
            let usage = try await ada.get("/api/usage").object()
            #expect((usage["quota"] as? [String: Any])?["tasks_per_month"] as? Int == 7)
            let used = try #require(usage["used"] as? [String: Int])
            #expect(used == ["tasks_this_month": 2, "tasks_in_flight": 1, "bytes_stored": 5 + 10 + 10])
            let days = try #require(usage["days"] as? [[String: Any]])
            #expect(days.count == 90)
            #expect(days.compactMap { $0["created"] as? Int }.reduce(0, +) == 2)
            #expect(days.compactMap { $0["bytes_added"] as? Int }.reduce(0, +) == 25)
        }
    }

    @Test func aReplayBeyondTheQuotaIsRefused() async throws {
        let harness = try await APIHarness()
        try await harness.run { ada, _ in
            let id = try await ada.task()
            try await harness.fail(id)
            #expect(try await set(#"{"tasks_in_flight":0}"#, of: ada, harness).status == .ok)
            let refusal = try await ada.send(.post, "/api/tasks/\(id)/replay")
            #expect(refusal.status == .tooManyRequests)
            #expect(refusal.code == "quota_exceeded")
        }
    }
}
