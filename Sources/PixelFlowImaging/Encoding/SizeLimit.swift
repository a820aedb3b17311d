import PixelFlowCore
import WireFormats

/// Finds the highest quality with which the file has at most `max_bytes` bytes.
enum SizeLimit {
    /// Calls `encode` with different qualities: at most eight times for the whole range.
    static func fit(
        _ limit: Int, from quality: Int, lossy: Bool, _ encode: (Int) throws -> EncodedBytes
    ) throws -> EncodedBytes {
        let first = try encode(quality)
        if first.count <= limit { return first }
        var best: EncodedBytes?
        var low = 1
        var high = lossy ? quality - 1 : 0
        while low <= high {
            let middle = (low + high) / 2
            let attempt = try encode(middle)
            if attempt.count <= limit {
                best = attempt
                low = middle + 1
            } else {
                high = middle - 1
            }
        }
        guard let best else {
            throw OutputError(
                code: "max_bytes_unreachable",
                message:
                    "The output does not fit into \(limit.counted("byte")) even at the lowest quality.")
        }
        return best
    }
}
