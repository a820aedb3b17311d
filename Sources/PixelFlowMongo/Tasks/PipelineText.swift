import Foundation
import PixelFlowCore
import Synchronization

/// Pipelines as JSON text. A few pipelines make up most tasks, and are not read and written again each time.
enum PipelineText {
    private struct Known {
        var texts: [Pipeline: String] = [:]
        var pipelines: [String: Pipeline] = [:]
    }

    private static let known = Mutex(Known())
    /// Forgotten all at once when there are more.
    private static let limit = 256

    static func encode(_ pipeline: Pipeline) throws -> String {
        if let text = known.withLock({ $0.texts[pipeline] }) { return text }
        let text = String(decoding: try JSONEncoder().encode(pipeline), as: UTF8.self)
        known.withLock { known in
            if known.texts.count >= limit { known.texts.removeAll() }
            known.texts[pipeline] = text
        }
        return text
    }

    static func decode(_ text: String) throws -> Pipeline {
        if let pipeline = known.withLock({ $0.pipelines[text] }) { return pipeline }
        let pipeline = try JSONDecoder().decode(Pipeline.self, from: Data(text.utf8))
        known.withLock { known in
            if known.pipelines.count >= limit { known.pipelines.removeAll() }
            known.pipelines[text] = pipeline
        }
        return pipeline
    }
}
