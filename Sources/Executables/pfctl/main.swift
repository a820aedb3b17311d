import FoundationEssentials
import PFCtl

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

let arguments = Array(CommandLine.arguments.dropFirst())
exit(await CommandLineTool.run(arguments, environment: ProcessInfo.processInfo.environment).rawValue)
