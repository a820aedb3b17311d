/// Converts names given by libraries to valid Prometheus names.
enum MetricName {
    /// A counter ends in `_total`.
    static func counter(_ label: String) -> String {
        let name = metric(label)
        return name.hasSuffix("_total") ? name : name + "_total"
    }

    /// A timer is exported in seconds and says so.
    static func timer(_ label: String) -> String {
        let name = metric(label)
        return name.hasSuffix("_seconds") ? name : name + "_seconds"
    }

    static func metric(_ label: String) -> String { sanitized(label, colons: true) }
    static func label(_ name: String) -> String { sanitized(name, colons: false) }

    /// Letters, digits and underscores, no digit first.
    private static func sanitized(_ text: String, colons: Bool) -> String {
        let name = String(
            String.UnicodeScalarView(
                text.unicodeScalars.map { scalar in
                    switch scalar {
                    case "a"..."z", "A"..."Z", "0"..."9", "_": scalar
                    case ":" where colons: scalar
                    default: "_"
                    }
                }))
        guard let first = name.utf8.first else { return "_" }
        return (0x30...0x39).contains(first) ? "_" + name : name
    }
}
