import FoundationEssentials
import PFCtl
import Terminal

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

// No `await` here: an async main ends its thread, and in a statically linked executable, unwinding it takes
// longer than all of `version --client`.
Task.detached {
    let arguments = Array(CommandLine.arguments.dropFirst())
    exit(await CommandLineTool.run(arguments, environment: ProcessInfo.processInfo.environment).rawValue)
}
while true { pause() }
