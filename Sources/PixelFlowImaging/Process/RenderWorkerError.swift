import CSandbox
import Glibc
import PixelFlowCore

/// Why a job has no result.
enum RenderWorkerError: Error {
    /// The process has exited.
    case died
    /// The process sent an invalid message.
    case protocolViolation
    /// The deadline has passed.
    case late

    func ending(_ end: ProcessEnd) -> JobEnding {
        switch (self, end) {
        case (.late, _), (.died, .fault(SIGXCPU)): .late
        case (.died, .exit(Int32(PF_SANDBOX_EXIT_MEMORY))): .outOfMemory
        case (.died, .killedFromOutside): .killed
        case (.died, _), (.protocolViolation, _): .crashed
        }
    }
}

/// Why a job ended without a result: the error for its owner, and the cause.
enum JobEnding: CustomStringConvertible {
    case crashed
    case killed
    case outOfMemory
    case late

    var description: String {
        switch self {
        case .crashed: "died during a job"
        case .killed: "killed from outside during a job"
        case .outOfMemory: "needed more memory than it may have"
        case .late: "stopped at the deadline"
        }
    }

    var metric: RenderMetrics.Ending {
        switch self {
        case .crashed: .crashed
        case .killed: .killed
        case .outOfMemory: .outOfMemory
        case .late: .timedOut
        }
    }

    func error(_ job: RenderJob, _ end: ProcessEnd) -> PixelFlowError {
        let cause = SystemError(call: "render process: \(end)", code: 0)
        switch self {
        case .crashed:
            return PixelFlowError(.internal, code: "render_crashed", "The image could not be processed.", retry: .crash, cause: cause)
        case .killed:
            return PixelFlowError(
                .unavailable, code: "render_killed", "The render process was killed by another process; the task will be retried.",
                retry: .killed, cause: cause)
        case .outOfMemory: return RenderError.outOfMemory.error
        case .late:
            return PixelFlowError(
                .invalid, code: "render_timeout", "Rendering the image took longer than \(job.limits.seconds) s.", retry: .permanent)
        }
    }
}
