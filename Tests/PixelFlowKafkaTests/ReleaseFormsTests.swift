import Conformance
import Foundation
import PixelFlowCore
import Testing

@testable import PixelFlowKafka

/// During an upgrade, api and worker of different versions exchange messages.
@Suite struct ReleaseFormsTests {
    private static let dispatch = "dispatch.json"
    private static let changes = "changes.txt"

    private static func writtenDispatch() throws -> [UInt8] {
        let written = try DispatchMessageCoder.make(ReleaseSample.dispatch, topic: "image-tasks").value
        try ReleaseForms.recordIfAsked(dispatch, written)
        return written
    }

    private static func writtenChanges() throws -> [UInt8] {
        let written = try #require(try ChangeBatch.write([TaskChange(ReleaseSample.task, progress: 0.5)]).first)
        try ReleaseForms.recordIfAsked(changes, written)
        return written
    }

    private static func object(_ bytes: some Sequence<UInt8>) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
    }

    @Test func dispatchMessagesOfEarlierReleasesAreDecoded() throws {
        let written = try Self.writtenDispatch()
        let versions = try ReleaseForms.versions
        #expect(!versions.isEmpty)
        for version in versions {
            let old = try ReleaseForms.read(Self.dispatch, of: version)
            #expect(old.withUnsafeBytes { DispatchMessageCoder.read($0) } == ReleaseSample.dispatch, "\(version)")
            #expect(ReleaseForms.missing(try Self.object(old), in: try Self.object(written)) == [], "\(version) reads them")
        }
    }

    @Test func changesOfEarlierReleasesAreDecoded() throws {
        let written = try Self.writtenChanges()
        for version in try ReleaseForms.versions {
            let old = try ReleaseForms.read(Self.changes, of: version)
            let (changes, undecodable) = old.withUnsafeBytes { ChangeBatch.read($0, .everything) }
            #expect(changes == [TaskChange(ReleaseSample.task, progress: 0.5)], "\(version)")
            #expect(undecodable == 0)
            // Each line begins with its kind.
            #expect(old.first == written.first)
            let forms = (try Self.object(old.dropFirst()), try Self.object(written.dropFirst()))
            #expect(ReleaseForms.missing(forms.0, in: forms.1) == [], "\(version) reads them")
        }
    }

    @Test func fieldsOfLaterReleasesAreIgnored() throws {
        var message = try Self.object(try Self.writtenDispatch())
        message["colour"] = ["of": "a later release"]
        let later = Array(try JSONSerialization.data(withJSONObject: message))
        #expect(later.withUnsafeBytes { DispatchMessageCoder.read($0) } == ReleaseSample.dispatch)

        var change = try Self.object(try Self.writtenChanges().dropFirst())
        var task = try #require(change["task"] as? [String: Any])
        task["colour"] = 1
        change["task"] = task
        change["colour"] = true
        let value = Array("t".utf8) + Array(try JSONSerialization.data(withJSONObject: change)) + Array("\n".utf8)
        let read = value.withUnsafeBytes { ChangeBatch.read($0, .everything) }
        #expect(read.changes == [TaskChange(ReleaseSample.task, progress: 0.5)])
    }

    @Test func aRemovedOrChangedFieldIsDetected() throws {
        let old: [String: Any] = ["a": 1, "b": ["c": "x"], "d": [["e": 1]]]
        #expect(ReleaseForms.missing(old, in: old.merging(["f": 1]) { one, _ in one }) == [])
        #expect(
            ReleaseForms.missing(old, in: ["a": "1", "b": ["g": "x"], "d": [["e": NSNull()]]] as [String: Any]) == [
                ".a", ".b.c", ".d[0].e",
            ])
    }
}
