/// An event of a watch.
public enum WatchEvent<Object: Sendable>: Sendable {
    /// The complete list: at the start, and again after the watch has lost its position. It replaces the previous state.
    case listed([Object])
    case added(Object)
    case modified(Object)
    case deleted(Object)
    /// The connection was lost. The watch resumes on its own; this allows a reader to show that its state may be stale.
    case interrupted(KubernetesError)
}

extension WatchEvent: Equatable where Object: Equatable {
    public static func == (left: WatchEvent, right: WatchEvent) -> Bool {
        switch (left, right) {
        case (.listed(let one), .listed(let other)): one == other
        case (.added(let one), .added(let other)), (.modified(let one), .modified(let other)), (.deleted(let one), .deleted(let other)):
            one == other
        case (.interrupted(let one), .interrupted(let other)): one.kind == other.kind
        default: false
        }
    }
}

/// A line of a watch.
struct WatchLine<Object: Decodable & Sendable>: Decodable {
    enum Content {
        case change(WatchEvent<Object>, resourceVersion: String?)
        case bookmark(resourceVersion: String?)
        case failure(APIStatus)
        case unknown
    }

    let content: Content

    private enum CodingKeys: String, CodingKey {
        case type, object
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        func version() throws -> String? { try container.decode(VersionedObject.self, forKey: .object).metadata?.resourceVersion }
        func object() throws -> Object { try container.decode(Object.self, forKey: .object) }
        switch try container.decode(String.self, forKey: .type) {
        case "ADDED": content = .change(.added(try object()), resourceVersion: try version())
        case "MODIFIED": content = .change(.modified(try object()), resourceVersion: try version())
        case "DELETED": content = .change(.deleted(try object()), resourceVersion: try version())
        case "BOOKMARK": content = .bookmark(resourceVersion: try version())
        case "ERROR": content = .failure(try container.decode(APIStatus.self, forKey: .object))
        default: content = .unknown
        }
    }
}

private struct VersionedObject: Decodable {
    let metadata: Metadata?

    struct Metadata: Decodable {
        let resourceVersion: String?
    }
}
