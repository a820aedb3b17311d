package import ArgumentParser
package import PixelFlowClient

/// A status of tasks, in upper or lower case.
package enum TaskStatusArgument: String, CaseIterable, ExpressibleByArgument {
    case pending, processing, completed, failed, cancelled

    package init?(argument: String) { self.init(rawValue: argument.lowercased()) }
    package static var allValueStrings: [String] { allCases.map(\.status.rawValue) }

    package var status: ImageTask.Status { ImageTask.Status(rawValue: rawValue.uppercased()) }
}
