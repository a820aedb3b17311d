/// Which PixelFlow this is.
public enum Release {
    /// As in the changelog and the chart.
    public static let version = "0.2.0"
}
