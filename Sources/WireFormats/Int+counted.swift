extension Int {
    /// The number with its unit, in the singular for 1: "1 second", "2 seconds".
    ///
    /// - Parameter plural: the unit with an "s" by default.
    public func counted(_ unit: String, _ plural: String? = nil) -> String {
        "\(self) \(self == 1 ? unit : plural ?? unit + "s")"
    }
}
