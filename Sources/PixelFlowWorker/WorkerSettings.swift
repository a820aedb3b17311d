import Foundation
package import PixelFlowCore

/// The settings of a worker.
package struct WorkerSettings: Sendable {
    static let slotsSetting = Setting<Int>.integer(
        "PIXELFLOW_WORKER_SLOTS", default: 0, in: 0...1024,
        help: "Tasks processed at a time. 0 means three for each render process, so that some are fetched or stored while others render.")
    static let renderProcessesSetting = Setting<Int>.integer(
        "PIXELFLOW_RENDER_PROCESSES", default: 0, in: 0...256, help: "Number of render processes; 0 means one for each processor.")
    static let renderMemorySetting = Setting<Int>.integer(
        "PIXELFLOW_RENDER_MEMORY", default: 0, in: 0...1 << 40,
        help:
            "Memory limit of one render process in bytes. 0 means an equal share of the container's memory limit, or 1 GiB if "
            + "there is none.")
    static let graceSetting = Setting<Duration>.seconds(
        "PIXELFLOW_SHUTDOWN_GRACE", default: 20, in: 0...3600,
        help: "How long running tasks may continue after SIGTERM before they are released for another worker.")

    /// Applies to a worker in a process of its own; if one process runs all services, its worker takes every lane.
    package static let lanesSetting = Setting<Set<Lane>>(
        "PIXELFLOW_WORKER_LANES", default: "high,normal,low", expected: "one or more of high, normal and low, separated by commas",
        help: "Priorities of the tasks that this worker processes. Every priority needs a worker, or its tasks wait."
    ) { text in
        let lanes = text.split(separator: ",", omittingEmptySubsequences: false).map { Lane(rawValue: String($0)) }
        let known = Set(lanes.compactMap { $0 })
        // Accept only known lanes without duplicates.
        return known.isEmpty || known.count < lanes.count ? nil : known
    }

    package static let descriptions: [SettingDescription] =
        [slotsSetting.description, renderProcessesSetting.description, renderMemorySetting.description, graceSetting.description]
        + ImageLimits.descriptions

    package var id: WorkerID
    /// The number of tasks processed concurrently. Exceeds the number of render processes, so that one task is fetched or stored while
    /// another is rendered.
    package var slots: Int
    package var renderProcesses: Int
    /// The memory of each render process in bytes; nil for an equal share of the container's limit.
    package var renderMemory: Int?
    /// How long running tasks may continue after the worker is asked to stop; then they are released.
    package var grace: Duration
    /// How long a task may wait, while a slot is free, before the worker takes it without its dispatch message.
    package var pollInterval: Duration
    /// The lanes whose tasks it takes.
    package var lanes = Set(Lane.allCases)
    package var policy: TaskPolicy
    package var limits: ImageLimits

    package init(
        id: WorkerID, slots: Int, renderProcesses: Int = 1, renderMemory: Int? = nil, grace: Duration = .seconds(20),
        pollInterval: Duration = .seconds(2),
        policy: TaskPolicy = .standard, limits: ImageLimits = ImageLimits()
    ) {
        self.id = id
        self.slots = slots
        self.renderProcesses = renderProcesses
        self.renderMemory = renderMemory
        self.grace = grace
        self.pollInterval = pollInterval
        self.policy = policy
        self.limits = limits
    }

    /// - Throws: `setting_invalid`, with the name of the bad setting as `field`.
    package init(_ settings: Settings, id: WorkerID) throws(PixelFlowError) {
        let processes = try settings[Self.renderProcessesSetting]
        let renderProcesses = processes > 0 ? processes : ProcessInfo.processInfo.activeProcessorCount
        let renderMemory = try settings[Self.renderMemorySetting]
        let slots = try settings[Self.slotsSetting]
        self.init(
            id: id, slots: slots > 0 ? slots : renderProcesses * 3, renderProcesses: renderProcesses,
            renderMemory: renderMemory > 0 ? renderMemory : nil, grace: try settings[Self.graceSetting], limits: try ImageLimits(settings))
    }
}

extension WorkerID {
    /// Unique to this process, and includes the host name: in Kubernetes, that is the name of the pod.
    package static var ofThisProcess: WorkerID { WorkerID("\(ProcessInfo.processInfo.hostName)-\(UUIDv7.make())") }
}
