import Foundation

/// The free space of the file system that contains a folder.
public struct DiskCollector: Sendable {
    public static let descriptions: [MetricDescription] = [
        MetricDescription(.gauge, "disk_available_bytes", labels: ["folder"], "Free space on the file system of a folder."),
        MetricDescription(.gauge, "disk_size_bytes", labels: ["folder"], "Size of the file system of a folder."),
    ]

    private let name: String
    private let path: String

    /// - Parameter name: the value of the label for the folder.
    public init(_ name: String, path: String) {
        self.name = name
        self.path = path
    }

    /// Adds nothing if the folder does not exist.
    public func collect(into collection: inout PrometheusRegistry.Collection) {
        var metadata = statvfs()
        guard statvfs(path, &metadata) == 0 else { return }
        let block = Double(metadata.f_frsize)
        collection.gauge("disk_available_bytes", Double(metadata.f_bavail) * block, labels: [("folder", name)])
        collection.gauge("disk_size_bytes", Double(metadata.f_blocks) * block, labels: [("folder", name)])
    }
}

extension PrometheusRegistry {
    /// Receives the values of collectors in one scrape.
    public struct Collection {
        struct Sample {
            let labels: LabelText
            let value: Double
        }

        struct Family {
            let kind: MetricDescription.Kind
            let help: String?
            var samples: [Sample] = []
        }

        private(set) var families: [String: Family] = [:]

        public mutating func gauge(_ name: String, _ value: Double, labels: [(String, String)] = [], help: String? = nil) {
            add(.gauge, name, value, labels, help)
        }

        /// - Parameter value: the total since counting began.
        public mutating func counter(_ name: String, _ value: Double, labels: [(String, String)] = [], help: String? = nil) {
            add(.counter, name, value, labels, help)
        }

        private mutating func add(
            _ kind: MetricDescription.Kind, _ name: String, _ value: Double, _ labels: [(String, String)], _ help: String?
        ) {
            families[name, default: Family(kind: kind, help: help)].samples.append(Sample(labels: LabelText(labels), value: value))
        }
    }
}
