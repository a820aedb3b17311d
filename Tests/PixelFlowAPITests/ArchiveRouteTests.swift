import HTTPTypes
import HummingbirdTesting
import NIOCore
import PixelFlowCore
import Testing
import WireFormats

@testable import PixelFlowAPI

/// What operators read for a backup and write for its restore. EndToEndTests test complete backups.
@Suite struct ArchiveRouteTests {
    private static let routes: [(HTTPRequest.Method, String)] = [
        (.get, "/operator/archive"), (.get, "/operator/archive/rows"), (.get, "/operator/archive/objects"),
        (.get, "/operator/archive/object?key=a/b/c"), (.put, "/operator/archive/restores/b1"),
        (.post, "/operator/archive/restores/b1/rows"),
        (.put, "/operator/archive/restores/b1/object?key=a/b/c"), (.delete, "/operator/archive/restores/b1"),
    ]

    @Test func usersAreRefused() async throws {
        let harness = try await APIHarness()
        try await harness.run { ada, _ in
            for (method, path) in Self.routes {
                let refusal = try await ada.send(method, path, body: ByteBuffer(string: "x"))
                #expect(refusal.status == .unauthorized, "\(method) \(path)")
                #expect(refusal.code == "token_invalid")
            }
        }
    }

    @Test func rowsEndWithTheirCountAndAreRefusedByANonemptyInstallation() async throws {
        let harness = try await APIHarness()
        try await harness.run { ada, _ in
            let put = try await ada.send(.put, "/api/presets/shop", body: ByteBuffer(string: #"{"outputs":[{"name":"a","format":"png"}]}"#))
            #expect(put.status == .created || put.status == .ok, "\(put.text)")
            var operators = ada
            operators.token = APIHarness.secret
            let report = try JSONValue(parsing: try await operators.get("/operator/archive").text.utf8)
            #expect(report["is_empty"] == false)
            let lines = try await operators.get("/operator/archive/rows").text.split(separator: "\n")
            let end = try JSONValue(parsing: try #require(lines.last).utf8)
            #expect(end["rows"]?.intValue == lines.count - 1)
            #expect(report["rows"]?.intValue == lines.count - 1)
            #expect(lines.dropLast().contains { $0.hasPrefix(#"{"table":"preset""#) })
            let begun = try await operators.send(.put, "/operator/archive/restores/b1")
            #expect(begun.status == .conflict && begun.code == "restore_not_empty")
            let body = ByteBuffer(string: lines.dropLast().joined(separator: "\n"))
            let rows = try await operators.send(.post, "/operator/archive/restores/b1/rows", body: body)
            #expect(rows.status == .conflict && rows.code == "restore_not_begun")
            let object = try await operators.send(.put, "/operator/archive/restores/b1/object?key=a/b/c", body: body)
            #expect(object.status == .conflict && object.code == "restore_not_begun")
        }
    }

    @Test func anEmptyInstallationAcceptsRowsAndObjects() async throws {
        let harness = try await APIHarness()
        try await harness.run { ada, _ in
            var operators = ada
            operators.token = APIHarness.secret
            #expect(try await operators.send(.put, "/operator/archive/restores/b1").status == .noContent)
            let bad = try await operators.send(.post, "/operator/archive/restores/b1/rows", body: ByteBuffer(string: "{}\nx\n"))
            #expect(bad.status == .unprocessableContent && bad.code == "archive_row_invalid", "\(bad.text)")
            let object = "/operator/archive/restores/b1/object?key=t/1/source"
            #expect(try await operators.send(.put, object, body: ByteBuffer(string: "PICTURE")).status == .noContent)
            #expect(try await operators.get("/operator/archive/object?key=t/1/source").text == "PICTURE")
            let page = try JSONValue(parsing: try await operators.get("/operator/archive/objects?sizes=true").text.utf8)
            #expect(page == ["objects": [["key": "t/1/source", "bytes": 7]]])
            for key in ["", "a/b", "../../x", "a/b/../c", "a//b/c", "/a/b/c"] {
                let refusal = try await operators.get("/operator/archive/object?key=\(key)")
                #expect(refusal.status == .unprocessableContent && refusal.field == "key", "\(key)")
            }
            #expect(try await operators.get("/operator/archive/object?key=t/2/source").code == "not_found")
            #expect(try await operators.send(.delete, "/operator/archive/restores/b1").status == .noContent)
            #expect(try await operators.send(.put, "/operator/archive/restores/no.id").code == "not_found")
            #expect(try JSONValue(parsing: try await operators.get("/operator/archive").text.utf8)["restoring"] == nil)
        }
    }
}
