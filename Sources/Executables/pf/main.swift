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

// No `await` here: a main that is async ends its thread, and unwinding it takes a statically linked executable long.
Task.detached {
    let arguments = Array(CommandLine.arguments.dropFirst())
    exit(await UserCommandLine.run(arguments, environment: ProcessInfo.processInfo.environment).rawValue)
}
while true { pause() }
