import Foundation
import PixelFlowCore

/// What a client asks for, whichever way the image comes.
struct UploadRequest: Sendable {
    /// Nil where the image itself was sent.
    var imageURL: String?
    var pipeline: Pipeline?
    var preset: String?

    /// Reads the JSON form of the request.
    ///
    /// - Throws: `PixelFlowError` with the path of the field that is wrong.
    init(json: JSONValue) throws {
        guard case .object(let members) = json else {
            throw PixelFlowError(.invalid, code: "invalid_value", "The body has to be an object with an image_url.")
        }
        for key in members.keys.sorted() where !["image_url", "pipeline", "preset"].contains(key) {
            throw PixelFlowError.invalid(key, "There is no parameter \(key).", code: "unknown_parameter")
        }
        guard let url = members["image_url"] else {
            throw PixelFlowError.invalid("image_url", "image_url is missing.", code: "missing_parameter")
        }
        guard case .string(let text) = url else { throw PixelFlowError.invalid("image_url", "image_url has to be a string.") }
        imageURL = try Self.checked(url: text)
        pipeline = try members["pipeline"].map { try Pipeline(validating: $0, path: "pipeline") }
        switch members["preset"] {
        case nil: preset = nil
        case .string(let name): preset = name
        default: throw PixelFlowError.invalid("preset", "preset has to be a string.")
        }
    }

    /// Takes the parts that came beside the image itself.
    init(pipeline: Data?, preset: String?) throws {
        self.pipeline = try pipeline.map { try Pipeline(validating: JSONValue(parsing: $0), path: "pipeline") }
        self.preset = preset
    }

    /// Refuses what can never be fetched. Whether the address may be fetched is decided by the worker, at connect time.
    static func checked(url text: String) throws -> String {
        guard text.utf8.count <= 2048 else { throw PixelFlowError.invalid("image_url", "image_url is longer than 2048 bytes.") }
        guard let url = URLComponents(string: text), let scheme = url.scheme?.lowercased(), ["http", "https"].contains(scheme),
            let host = url.host, !host.isEmpty
        else {
            throw PixelFlowError.invalid("image_url", "image_url has to be an absolute http or https URL.")
        }
        return text
    }
}

extension UploadRequest {
    /// The pipeline that is meant: the one sent, the preset's, or the default.
    func resolvePipeline(_ presets: any PresetStore, of tenant: TenantID) async throws -> Pipeline {
        guard let preset else { return pipeline ?? .default }
        guard pipeline == nil else { throw PixelFlowError.invalid("preset", "Send either a pipeline or a preset, not both.") }
        if let saved = try await presets.preset(preset, of: tenant) {
            // One may have been saved when larger ones were accepted.
            try saved.pipeline.requireBoundedSize(field: "preset")
            return saved.pipeline
        }
        if let builtIn = BuiltInPresets.all[preset] { return builtIn }
        throw PixelFlowError.invalid("preset", "There is no preset named \(preset.prefix(64)).", code: "unknown_preset")
    }
}
