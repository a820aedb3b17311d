public import PixelFlowCore

/// What happened to tasks from the point of view of everybody who was there.
public struct History: Sendable {
    /// What clients were promised, by the 202 they got.
    public var promises: [Promise]
    /// What clients saw, each client's in the order it saw them.
    public var observations: [Observation]
    /// Every task document once the system is idle.
    public var tasks: [TaskRecord]
    /// Outputs as they were downloaded once the system is idle.
    public var downloads: [Download]
    /// The keys of all stored objects once the system is idle; nil where they were not looked at.
    public var objects: [BlobKey]?

    public init(
        promises: [Promise] = [], observations: [Observation] = [], tasks: [TaskRecord] = [], downloads: [Download] = [],
        objects: [BlobKey]? = nil
    ) {
        self.promises = promises
        self.observations = observations
        self.tasks = tasks
        self.downloads = downloads
        self.objects = objects
    }
}

/// A task that a client was told is accepted.
public struct Promise: Sendable, Hashable {
    public var task: TaskID
    /// Of the bytes the client sent; nil for a URL.
    public var sourceSHA256: String?
    /// How the task has to end; nil where any end will do.
    public var ending: TaskStatus?

    public init(task: TaskID, sourceSHA256: String? = nil, ending: TaskStatus?) {
        self.task = task
        self.sourceSHA256 = sourceSHA256
        self.ending = ending
    }
}

/// A task as one client saw it once.
public struct Observation: Sendable, Hashable {
    /// How it was seen. Answers to a client come in order; events are told at least once.
    public enum Means: String, Sendable, Hashable { case answer, event }

    public var client: String
    public var means: Means
    public var task: TaskID
    public var status: TaskStatus
    public var generation: Int
    public var revision: Int
    /// SHA-256 of each output that was there, by name.
    public var outputs: [String: String]

    public init(
        client: String, means: Means, task: TaskID, status: TaskStatus, generation: Int, revision: Int, outputs: [String: String] = [:]
    ) {
        self.client = client
        self.means = means
        self.task = task
        self.status = status
        self.generation = generation
        self.revision = revision
        self.outputs = outputs
    }
}

/// The bytes of an output, by their hash.
public struct Download: Sendable, Hashable {
    public var task: TaskID
    public var output: String
    /// Nil where the output could not be had.
    public var sha256: String?

    public init(task: TaskID, output: String, sha256: String?) {
        self.task = task
        self.output = output
        self.sha256 = sha256
    }
}
