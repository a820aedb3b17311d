import PixelFlowCore

/// The most common colour: colours are sorted into 16 x 16 x 16 boxes, and the result is the mean of the fullest box.
enum DominantColor {
    static func find(_ grid: SampleGrid) -> Color {
        var counts = [Int](repeating: 0, count: 4096)
        // Ignore invisible pixels, unless there are no others.
        let visible = grid.colors.contains { $0.alpha > 127 } ? grid.colors.filter { $0.alpha > 127 } : grid.colors
        for color in visible { counts[box(color)] += 1 }
        let fullest = counts.indices.max { counts[$0] < counts[$1] } ?? 0
        let members = visible.filter { box($0) == fullest }
        guard !members.isEmpty else { return .black }
        func mean(_ channel: KeyPath<Color, UInt8>) -> UInt8 {
            UInt8(members.reduce(0) { $0 + Int($1[keyPath: channel]) } / members.count)
        }
        return Color(red: mean(\.red), green: mean(\.green), blue: mean(\.blue))
    }

    private static func box(_ color: Color) -> Int {
        Int(color.red >> 4) << 8 | Int(color.green >> 4) << 4 | Int(color.blue >> 4)
    }
}
