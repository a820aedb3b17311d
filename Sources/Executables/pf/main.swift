import FoundationEssentials
import PF
import Terminal

CommandProcess.run {
    await UserCommandLine.run(Array(CommandLine.arguments.dropFirst()), environment: ProcessInfo.processInfo.environment)
}
