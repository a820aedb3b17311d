import Foundation
import WireFormats

/// Pipelines as canonical JSON text: keys sorted, defaults omitted. Stores keep pipelines in this format.
///
/// Most tasks use one of a few pipelines. So the text of each pipeline, and the pipeline of each text, is cached instead of being
/// encoded and decoded for every change of a task.
package enum PipelineText {
    /// At 16 KB a pipeline, each holds a few megabytes at most.
    private static let texts = TwoGenerationCache<Pipeline, String>(capacity: 256)
    private static let pipelines = TwoGenerationCache<String, Pipeline>(capacity: 256)
    /// A larger pipeline is not cached: one that was accepted before there was a limit may have any size.
    private static let sizeLimit = Pipeline.maximumBytes

    package static func encode(_ pipeline: Pipeline) throws -> String {
        if let text = texts[pipeline] { return text }
        let text = String(decoding: try JSONStreamEncoder(sortsKeys: true).encode(pipeline.json), as: UTF8.self)
        if text.utf8.count <= sizeLimit { texts.insert(text, for: pipeline) }
        return text
    }

    /// Decodes the result of `encode`.
    ///
    /// - Throws: `DecodingError`, or `PixelFlowError` with the path of the field.
    package static func decode(_ text: String) throws -> Pipeline {
        if let pipeline = pipelines[text] { return pipeline }
        let pipeline = try JSONDecoder().decode(Pipeline.self, from: Data(text.utf8))
        if text.utf8.count <= sizeLimit { pipelines.insert(pipeline, for: text) }
        return pipeline
    }

    /// Encodes a pipeline as its cached text instead of member by member with the task that contains it.
    @propertyWrapper
    package struct Coded: Sendable, Hashable, Codable {
        package internal(set) var wrappedValue: Pipeline

        package init(wrappedValue: Pipeline) { self.wrappedValue = wrappedValue }

        package init(from decoder: any Decoder) throws {
            if let text = try? decoder.singleValueContainer().decode(String.self) {
                wrappedValue = try PipelineText.decode(text)
            } else {
                // Releases before 1.0 wrote an object.
                wrappedValue = try Pipeline(from: decoder)
            }
        }

        package func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            try container.encode(try PipelineText.encode(wrappedValue))
        }
    }
}
