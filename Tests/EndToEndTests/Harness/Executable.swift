import Foundation

/// The paths of the executables under test.
enum Executable {
    /// From `PIXELFLOW_EXECUTABLES`, or built together with these tests.
    static let pixelflow = path("pixelflow")

    /// The executable of that name.
    static func path(_ name: String) -> String { "\(folder)/\(name)" }

    private static let folder: String = {
        if let folder = ProcessInfo.processInfo.environment["PIXELFLOW_EXECUTABLES"], !folder.isEmpty { return folder }
        let tests = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
        return URL(fileURLWithPath: tests).deletingLastPathComponent().path
    }()
}
