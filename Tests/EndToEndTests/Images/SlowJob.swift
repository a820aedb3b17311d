import Foundation

/// Work that keeps a render process busy for seconds: noise, encoded as AVIF with maximum effort.
enum SlowJob {
    static let image = PNG.noise(width: 600, height: 600, seed: 7)

    /// About 5 s of one core.
    static let seconds = #"{"outputs":[{"name":"slow","format":"avif","effort":7,"quality":80}]}"#
    /// About 20 s of one core.
    static let long = #"{"outputs":[{"name":"slow","format":"avif","effort":9,"quality":80}]}"#
}
