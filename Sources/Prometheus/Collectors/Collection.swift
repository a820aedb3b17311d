extension PrometheusRegistry {
    /// What collectors find in one scrape.
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

        /// - Parameter value: the count since the start of what is counted.
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
