package import PixelFlowCore

/// What happened to tasks, from the perspectives of clients and services.
package struct History: Sendable {
    /// Tasks that clients know to be accepted because of a 202.
    package var promises: [Promise]
    /// Observations of clients, in order for each client.
    package var observations: [Observation]
    /// All task documents once the system is idle.
    package var tasks: [TaskRecord]
    /// Outputs downloaded once the system is idle.
    package var downloads: [Download]
    /// The keys of all stored objects once the system is idle; nil if they were not listed.
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

/// A task that was accepted according to the response to a client.
package struct Promise: Sendable, Hashable {
    package var task: TaskID
    /// The hash of the bytes that the client sent; nil for a URL.
    package var sourceSHA256: String?
    /// The required final status of the task; nil for any.
    package var ending: TaskStatus?

    package init(task: TaskID, sourceSHA256: String? = nil, ending: TaskStatus?) {
        self.task = task
        self.sourceSHA256 = sourceSHA256
        self.ending = ending
    }
}

/// One observation of a task by a client.
package struct Observation: Sendable, Hashable {
    /// The source of the observation. Responses to a client are in order; events are delivered at least once.
    package enum Means: String, Sendable, Hashable { case response, event }

    package var client: String
    package var means: Means
    package var task: TaskID
    package var status: TaskStatus
    package var generation: Int
    package var revision: Int
    /// The SHA-256 of each existing output, by name.
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

/// The hash of an output's bytes.
package struct Download: Sendable, Hashable {
    package var task: TaskID
    package var output: String
    /// Nil if the output was not available.
    package var sha256: String?

    package init(task: TaskID, output: String, sha256: String?) {
        self.task = task
        self.output = output
        self.sha256 = sha256
    }
}
