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
    @Test func theLimitAppliesToTheCanonicalForm() throws {
        let text = #"{"outputs":[{"name":"a"}]}"#.replacingOccurrences(of: ":", with: ":" + String(repeating: " ", count: 20_000))
        #expect(try Pipeline(validating: Data(text.utf8)).outputs.count == 1)
    }

    /// Outputs of 4 watermarks each.
    private func json(marks: [Int]) -> String {
        let steps = marks.map { #"{"image":"01890000-0000-7000-8000-\#(String(format: "%012d", $0))","op":"watermark"}"# }
        let outputs = stride(from: 0, to: steps.count, by: 4).map { first in
            #"{"name":"o\#(first)","operations":[\#(steps[first..<min(first + 4, steps.count)].joined(separator: ","))]}"#
        }
        return #"{"outputs":[\#(outputs.joined(separator: ","))]}"#
    }

    /// A worker has all of their bytes in memory.
    @Test func imagesOfWatermarksAreCountedOnceEach() throws {
        let repeated = json(marks: Array(1...8) + Array(1...8))
        #expect(try Pipeline(validating: Data(repeated.utf8)).overlays.count == Pipeline.maximumOverlays)
        for (path, field) in [
            ("", "outputs[2].operations[1].image"), ("pipeline", "pipeline.outputs[2].operations[1].image"),
        ] {
            let value = try JSONValue(document: json(marks: Array(1...8) + [8, 9]).utf8)
            let error = #expect(throws: PixelFlowError.self) { try Pipeline(validating: value, path: path) }
            #expect(error?.kind == .invalid)
            #expect(error?.code == "invalid_value")
            #expect(error?.field == field)
        }
    }

    @Test func storedWatermarksStayReadable() throws {
        #expect(try JSONDecoder().decode(Pipeline.self, from: Data(json(marks: Array(1...40)).utf8)).overlays.count == 40)
    }

    /// A task of an earlier release can still be read.
    @Test func storedPipelinesStayReadable() throws {
        let data = Data(json(bytes: 21_000).utf8)
        #expect(try JSONDecoder().decode(Pipeline.self, from: data).outputs.count > 1)
    }
}
