/// This program.
enum Tool {
    static let name = "pfctl"
    /// As in the changelog and the chart.
    static let version = "0.2.0"
}
