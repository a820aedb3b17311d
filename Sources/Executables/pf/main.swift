import FoundationEssentials
import PF
import Terminal

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

// No `await` here: an async main ends its thread, and unwinding it takes long in a statically linked executable.
Task.detached {
    let arguments = Array(CommandLine.arguments.dropFirst())
    exit(await UserCommandLine.run(arguments, environment: ProcessInfo.processInfo.environment).rawValue)
}
while true { pause() }
