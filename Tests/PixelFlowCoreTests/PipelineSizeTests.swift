import Foundation
import PixelFlowCore
import Testing
import WireFormats

/// The limit on the size of pipelines, which everyone who shares the database has to pay for.
@Suite struct PipelineSizeTests {
    /// A pipeline of about `bytes` of canonical JSON.
    private func json(bytes: Int) -> String {
        let operation = #"{"brightness":1.25,"hue":120,"op":"modulate"}"#
        let perOutput = 30
        let count = bytes / ((operation.utf8.count + 1) * perOutput)
        let outputs = (0..<max(1, count)).map { number in
            #"{"name":"o\#(number)","operations":[\#(Array(repeating: operation, count: perOutput).joined(separator: ","))]}"#
        }
        return #"{"outputs":[\#(outputs.joined(separator: ","))]}"#
    }

    @Test func upToTheLimitIsAccepted() throws {
        let pipeline = try Pipeline(validating: Data(json(bytes: 12_000).utf8))
        #expect(try pipeline.canonicalJSON().count <= Pipeline.maximumBytes)
    }

    @Test func beyondTheLimitItIsRefusedWithACode() throws {
        let text = json(bytes: 21_000)
        let error = #expect(throws: PixelFlowError.self) { try Pipeline(validating: JSONValue(document: text.utf8), path: "pipeline") }
        #expect(error?.code == "pipeline_too_large")
        #expect(error?.kind == .invalid)
        #expect(error?.field == "pipeline")
    }

    /// Whitespace and explicit defaults are not stored, so they do not count.
    @Test func theCanonicalFormCounts() throws {
        let text = #"{"outputs":[{"name":"a"}]}"#.replacingOccurrences(of: ":", with: ":" + String(repeating: " ", count: 20_000))
        #expect(try Pipeline(validating: Data(text.utf8)).outputs.count == 1)
    }

    /// A task of an earlier release can still be read.
    @Test func storedPipelinesStayReadable() throws {
        let data = Data(json(bytes: 21_000).utf8)
        #expect(try JSONDecoder().decode(Pipeline.self, from: data).outputs.count > 1)
    }
}
