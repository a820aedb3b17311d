/// Which PixelFlow this is.
package enum Release {
    /// As in the changelog and the chart.
    package static let version = "0.2.0"
}
