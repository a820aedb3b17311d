package import PixelFlowCore

/// What happened to tasks from the point of view of everybody who was there.
package struct History: Sendable {
    /// What clients were promised, by the 202 they got.
    package var promises: [Promise]
    /// What clients saw, each client's in the order it saw them.
    package var observations: [Observation]
    /// Every task document once the system is idle.
    package var tasks: [TaskRecord]
    /// Outputs as they were downloaded once the system is idle.
    package var downloads: [Download]
    /// The keys of all stored objects once the system is idle; nil where they were not looked at.
    package var objects: [BlobKey]?

    package init(
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
package struct Promise: Sendable, Hashable {
    package var task: TaskID
    /// Of the bytes the client sent; nil for a URL.
    package var sourceSHA256: String?
    /// How the task has to end; nil where any end will do.
    package var ending: TaskStatus?

    package init(task: TaskID, sourceSHA256: String? = nil, ending: TaskStatus?) {
        self.task = task
        self.sourceSHA256 = sourceSHA256
        self.ending = ending
    }
}

/// A task as one client saw it once.
package struct Observation: Sendable, Hashable {
    /// How it was seen. Answers to a client come in order; events are told at least once.
    package enum Means: String, Sendable, Hashable { case answer, event }

    package var client: String
    package var means: Means
    package var task: TaskID
    package var status: TaskStatus
    package var generation: Int
    package var revision: Int
    /// SHA-256 of each output that was there, by name.
    package var outputs: [String: String]

    package init(
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
package struct Download: Sendable, Hashable {
    package var task: TaskID
    package var output: String
    /// Nil where the output could not be had.
    package var sha256: String?

    package init(task: TaskID, output: String, sha256: String?) {
        self.task = task
        self.output = output
        self.sha256 = sha256
    }
}
