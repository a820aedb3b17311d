import FoundationEssentials
import PFCtl
import Terminal

CommandProcess.run {
    await CommandLineTool.run(Array(CommandLine.arguments.dropFirst()), environment: ProcessInfo.processInfo.environment)
}
