import Crypto
import Foundation
import PixelFlowCore
import PixelFlowURL
import WireFormats

/// The upload request, independent of the form in which the image was sent. It is well-formed, but not yet checked against anything that
/// can change, such as presets and limits.
struct UploadRequest: Sendable {
    /// Nil if the image itself was sent.
    var imageURL: String?
    var pipeline: JSONValue?
    var preset: String?
    /// Nil if the client specified none.
    var lane: Lane?
    /// The batch of the task.
    var batch: BatchID?
    /// The URL that is notified when the task finishes.
    var webhookURL: String?

    /// Reads the JSON form of the request. A null member counts as absent.
    ///
    /// - Throws: `PixelFlowError` with the path of the invalid field.
    init(json: JSONValue) throws {
        guard case .object(let members) = json else {
            throw PixelFlowError(.invalid, code: "invalid_value", "The body must be an object with an image_url.")
        }
        for key in members.keys.sorted() where !["image_url", "pipeline", "preset", "priority", "batch", "webhook_url"].contains(key) {
            throw PixelFlowError.invalid(key, "Unknown parameter \(key).", code: "unknown_parameter")
        }
        let given = members.filter { $0.value != .null }
        guard let url = given["image_url"] else {
            throw PixelFlowError.invalid("image_url", "image_url is missing.", code: "missing_parameter")
        }
        guard case .string(let text) = url else { throw PixelFlowError.invalid("image_url", "image_url must be a string.") }
        imageURL = text
        pipeline = given["pipeline"]
        switch given["preset"] {
        case nil: preset = nil
        case .string(let name): preset = name
        default: throw PixelFlowError.invalid("preset", "preset must be a string.")
        }
        switch given["priority"] {
        case nil: lane = nil
        case .string(let name): lane = try Self.lane(name)
        default: throw Lane.unknown
        }
        switch given["batch"] {
        case nil: batch = nil
        case .string(let id): batch = try Self.batch(id)
        default: throw PixelFlowError.invalid("batch", "batch must be a string.")
        }
        switch given["webhook_url"] {
        case nil: webhookURL = nil
        case .string(let text): webhookURL = try Self.webhook(text)
        default: throw PixelFlowError.invalid("webhook_url", "webhook_url must be a string.")
        }
    }

    /// Reads the parts that accompany the image. An empty part, such as a form field that was not filled in, counts as absent, and so does
    /// a null pipeline.
    init(pipeline: Data?, preset: String?, priority: String?, batch: String?, webhookURL: String?) throws {
        let pipeline = pipeline.flatMap { $0.isEmpty ? nil : $0 }
        self.pipeline = try pipeline.map { try JSONValue(document: $0, field: "pipeline") }.flatMap { $0 == .null ? nil : $0 }
        self.preset = preset.flatMap { $0.isEmpty ? nil : $0 }
        lane = try priority.flatMap { $0.isEmpty ? nil : $0 }.map(Self.lane)
        self.batch = try batch.flatMap { $0.isEmpty ? nil : $0 }.map(Self.batch)
        self.webhookURL = try webhookURL.flatMap { $0.isEmpty ? nil : $0 }.map(Self.webhook)
    }

    private static func webhook(_ url: String) throws(PixelFlowError) -> String {
        try WebhookRequest.check(url: url, field: "webhook_url")
        return url
    }

    private static func batch(_ id: String) throws(PixelFlowError) -> BatchID {
        guard let batch = BatchID(parsing: id) else { throw .unknownBatch(id) }
        return batch
    }

    private static func lane(_ name: String) throws(PixelFlowError) -> Lane {
        guard let lane = Lane(rawValue: name) else { throw Lane.unknown }
        return lane
    }

    /// Rejects URLs that can never be fetched, by the same rules as the fetcher. Whether the address is allowed is decided by the worker
    /// when it connects.
    ///
    /// - Throws: `invalid_value`, or `port_not_allowed`, with `image_url` as the field.
    static func checked(url text: String, ports: AllowedPorts) throws -> String {
        guard text.utf8.count <= 2048 else { throw PixelFlowError.invalid("image_url", "image_url is longer than 2048 bytes.") }
        do {
            try SourceURL(text).check(ports)
        } catch {
            let code = error.code == "url_invalid" ? "invalid_value" : error.code
            throw PixelFlowError.invalid("image_url", error.message, code: code)
        }
        return text
    }
}

extension UploadRequest {
    /// The pipeline of the task: from the request, the preset, or the default; and its lane: from the request, the batch, the preset, the
    /// caller, or the normal one.
    func resolve(
        _ presets: any PresetStore, in batch: Batch?, for principal: Principal
    ) async throws -> (pipeline: Pipeline, lane: Lane) {
        let lane = lane ?? batch?.lane
        let sent = try pipeline.map { try Pipeline(validating: $0, path: "pipeline") }
        guard let preset else { return (sent ?? .default, lane ?? principal.lane ?? .normal) }
        guard sent == nil else { throw PixelFlowError.invalid("preset", "Send either a pipeline or a preset, not both.") }
        if let saved = try await presets.preset(preset, of: principal.tenant) {
            // It may have been saved when the limits were higher.
            try saved.pipeline.requireBounds(field: "preset")
            return (saved.pipeline, lane ?? saved.lane ?? principal.lane ?? .normal)
        }
        if let builtIn = BuiltInPresets.all[preset] { return (builtIn, lane ?? principal.lane ?? .normal) }
        throw PixelFlowError.invalid("preset", "The preset \(preset.prefix(64)) does not exist.", code: "unknown_preset")
    }
}

extension UploadRequest {
    /// Equal for two requests if and only if they have the same content, regardless of changes in between: the URL or the bytes of the
    /// image, the name of the preset, the pipeline, the priority, the batch and the webhook as sent. Whitespace and order of JSON, null
    /// members, and the file name are ignored.
    ///
    /// - Parameter imageSHA256: the hash of the uploaded image in hexadecimal.
    func fingerprint(imageSHA256: String?) throws -> String {
        var parts: [String: JSONValue] = [:]
        parts["url"] = imageURL.map(JSONValue.string)
        parts["bytes"] = imageSHA256.map(JSONValue.string)
        parts["preset"] = preset.map(JSONValue.string)
        parts["pipeline"] = pipeline?.withoutNulls
        parts["priority"] = lane.map { .string($0.rawValue) }
        parts["batch"] = batch.map { .string($0.rawValue) }
        parts["webhook_url"] = webhookURL.map(JSONValue.string)
        return SHA256.hash(data: try JSONStreamEncoder(sortsKeys: true).encode(JSONValue.object(parts))).hexadecimal
    }
}

extension JSONValue {
    /// The value without null members of objects.
    fileprivate var withoutNulls: JSONValue {
        switch self {
        case .object(let members): .object(members.filter { $0.value != .null }.mapValues(\.withoutNulls))
        case .array(let elements): .array(elements.map(\.withoutNulls))
        default: self
        }
    }
}

extension Lane {
    /// The client has sent an unknown priority.
    static var unknown: PixelFlowError {
        .invalid("priority", "priority must be one of \(allCases.map(\.rawValue).joined(separator: ", ")).")
    }
}
