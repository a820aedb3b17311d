import CSandbox
import Glibc

/// The render process: this executable, started again with a hidden first argument.
package enum RenderProcess {
    /// The argument that turns an executable into a render process.
    package static let argument = "render-process"

    /// Turns this process into a render process if `arguments` request it; in that case it never returns.
    ///
    /// An executable must call this first, before it starts a thread, opens a file or reads a secret.
    package static func runIfRequested(_ arguments: [String] = CommandLine.arguments) {
        runIfRequested(arguments) { request, sink in
            try RenderEngine().render(
                source: request.source, overlays: request.overlays, pipeline: request.pipeline, limits: request.limits,
                onDecoded: request.onDecoded, sink: sink)
        }
    }

    /// The same with another renderer instead of the engine, for tests of misbehaving renderers.
    package static func runIfRequested(_ arguments: [String], rendering: @escaping RenderServer.Rendering) {
        guard arguments.count == 4, arguments[1] == argument else { return }
        guard let parent = pid_t(arguments[2]), let memory = UInt64(arguments[3]) else { exit(EX_USAGE) }
        do {
            try SystemError.check(pf_sandbox_enter(parent, fileSizeLimit), "pf_sandbox_enter")
            try WarmUp.run()
            var available: UInt64 = 0
            try SystemError.check(pf_sandbox_lock(memory, &available), "pf_sandbox_lock")
            MemoryShortage.limitApplies()
            RenderServer(rendering: rendering, available: Int(available)).run()
        } catch {
            exit(EX_OSERR)
        }
        exit(EXIT_SUCCESS)
    }

    /// The maximum size in bytes of one output with its description. The limits of a job are part of the job.
    private static let fileSizeLimit: UInt64 = 3 << 30
}
