import Conformance
import Foundation
import PixelFlowCore
import Testing

@testable import PixelFlowMongo

/// During an upgrade, services of two versions work on the same documents.
@Suite struct ReleaseFormsTests {
    private static let name = "task.bson"

    private static func written() throws -> BSONDocument {
        let document = try TaskDocument(record: ReleaseSample.task, version: ReleaseSample.version).encoded()
        try ReleaseForms.recordIfAsked(name, document.encoded())
        return document
    }

    @Test func documentsAreCompatibleWithEarlierReleases() throws {
        let written = try Self.written()
        let versions = try ReleaseForms.versions
        #expect(!versions.isEmpty)
        for version in versions {
            let old = try ReleaseForms.read(Self.name, of: version).withUnsafeBytes { bytes throws(BSONError) in
                try BSONDocument(decoding: bytes)
            }
            let read = try TaskDocument(old)
            #expect(read.record == ReleaseSample.task, "\(version)")
            #expect(read.version == ReleaseSample.version)
            #expect(ReleaseForms.missing(Self.plain(.document(old)), in: Self.plain(.document(written))) == [], "\(version) reads them")
        }
    }

    @Test func fieldsOfLaterReleasesAreIgnored() throws {
        var document = try Self.written()
        document["colour"] = .document(BSONDocument([.init(name: "of", value: .string("a later release"))]))
        #expect(try TaskDocument(document).record == ReleaseSample.task)
    }

    private static func plain(_ value: BSONValue) -> Any {
        switch value {
        case .document(let document): Dictionary(document.fields.map { ($0.name, plain($0.value)) }) { _, last in last } as [String: Any]
        case .array(let values): values.map(plain)
        case .string(let text): text
        case .bool(let flag): NSNumber(value: flag)
        case .int(let number): NSNumber(value: number)
        case .double(let number): NSNumber(value: number)
        case .null, .other: NSNull()
        }
    }
}
