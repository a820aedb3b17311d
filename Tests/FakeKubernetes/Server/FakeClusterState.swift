import KubernetesClient
import NIOCore
import WireFormats

/// Everything that the stand-in remembers.
struct FakeClusterState: Sendable {
    var store = ObjectStore()
    var tokens: [String: FakeClusterUser] = [:]
    var denials: [DenialRule] = []
    var faults: [FakeClusterFault] = []
    var requests: [FakeClusterRequest] = []
    var removedGroups: Set<String> = []
    var readiness: [(check: String, isOK: Bool)] = [("ping", true), ("etcd", true), ("poststarthook/rbac/bootstrap-roles", true)]
    var logs: [LogKey: PodLog] = [:]
    var podPorts: [PodPort: PodBackend] = [:]
    /// Failures of readiness probes in a row.
    var failedProbes: [ObjectKey: Int] = [:]
    var streams: [Int: AsyncStream<Void>.Continuation] = [:]
    var nextStream = 0
    var listTokens: [String: [JSONValue]] = [:]
    var rejectsListTokens = false
    var bookmarks = 0
    var deliveredBookmarks = 0
    var forwards: [Int: Forward] = [:]
    var connections: [ObjectIdentifier: any Channel] = [:]
    /// How many calls are answered before every pod restarts; nil where none does.
    var callsUntilRestart: Int?
    var isStopped = false

    /// Wakes every open watch and followed log.
    func notify() {
        for stream in streams.values { stream.yield() }
    }

    mutating func endStreams() {
        for stream in streams.values { stream.finish() }
        streams = [:]
    }
}

/// An open connection to a pod's port.
struct Forward: Sendable {
    let pod: String
    let channel: any Channel
}

struct LogKey: Hashable, Sendable {
    var pod: String
    var container: String?
    var isPrevious = false
}

struct PodLog: Sendable {
    var lines: [(time: Timestamp, text: String)] = []
    var isEnded = false
}

/// What answers behind a pod's port.
enum PodBackend: Sendable {
    /// Gives back what it gets.
    case echo
    /// A server on this computer.
    case local(port: Int)
    /// The connection is upgraded and an error is told.
    case failing(message: String)
}

/// Something that goes wrong.
package struct FakeClusterFault: Sendable {
    package enum Effect: Sendable {
        /// An answer with this status. The reason is Kubernetes' own for it where nil.
        case status(Int, reason: String?, message: String)
        /// An answer that is not Kubernetes'.
        case text(Int, String)
        /// No answer until the stand-in stops.
        case hang
        /// The connection is closed without an answer.
        case close
    }

    package var effect: Effect
    /// Part of the path; nil for any.
    package var path: String?
    package var method: String?
    /// How many calls it befalls.
    package var count: Int

    package init(_ effect: Effect, path: String? = nil, method: String? = nil, count: Int = 1) {
        self.effect = effect
        self.path = path
        self.method = method
        self.count = count
    }
}

extension FakeClusterState {
    /// The fault that befalls a call, used up by it.
    mutating func takeFault(for request: FakeClusterRequest) -> FakeClusterFault.Effect? {
        let index = faults.firstIndex { fault in
            fault.count > 0 && (fault.path.map { request.path.contains($0) } ?? true) && (fault.method ?? request.method) == request.method
        }
        guard let index else { return nil }
        faults[index].count -= 1
        return faults[index].effect
    }
}
