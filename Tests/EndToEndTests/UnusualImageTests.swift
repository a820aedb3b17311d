import Foundation
import PixelFlowCore
import Testing

extension EndToEnd {
    /// Valid files of unusual kinds.
    @Suite struct UnusualImageTests {
        private static let pipeline = #"{"outputs":[{"name":"a","format":"png"}]}"#

        @Test func unusualFilesAreRenderedCorrectly() async throws {
            let pictures = try await Pictures.make()
            let original = try pictures.data("original.png")
            let files = [
                ("16-bit PNG", try await pictures.saved(as: "deep.png[bitdepth=16]", after: "cast", "ushort")),
                ("paletted PNG", try await pictures.saved(as: "palette.png[palette=true,Q=100]")),
                ("interlaced PNG", try await pictures.saved(as: "interlaced.png[interlace=true]")),
                ("progressive JPEG", try await pictures.saved(as: "progressive.jpg[Q=95,interlace=true]")),
                ("CMYK JPEG", try await pictures.saved(as: "cmyk.jpg[Q=95]", after: "icc_export", "--output-profile=cmyk")),
                ("grey JPEG", try await pictures.saved(as: "grey.jpg[Q=95]", after: "colourspace", "b-w")),
            ]
            try await LiveService.run { service in
                let ada = try await Person.signedIn(to: service)
                for (name, file) in files {
                    let task = try await ada.process(file, pipeline: Self.pipeline)
                    try #require(task.status == .completed, "\(name): \(task.error?.code ?? "")")
                    let image = try await ada.download("a", of: task.id)
                    #expect(try await Pictures.header("width", of: image) == "480", "\(name)")
                    if name == "grey JPEG" || name == "16-bit PNG" { continue }
                    for (x, y) in [(40, 40), (240, 180), (440, 300)] {
                        let expected = try await Pictures.pixel(of: original, x: x, y: y)
                        let found = try await Pictures.pixel(of: image, x: x, y: y)
                        let farthest = zip(expected, found).map { abs($0 - $1) }.max() ?? 255
                        #expect(farthest <= 40, "\(name) at \(x), \(y): \(found) instead of \(expected)")
                    }
                }
            }
        }

        @Test func everyOrientationIsRenderedUpright() async throws {
            try await LiveService.run { service in
                let ada = try await Person.signedIn(to: service)
                for number in 1...8 {
                    let task = try await ada.process(try await Orientation.jpeg(number), pipeline: Self.pipeline)
                    try #require(task.status == .completed, "orientation \(number): \(task.error?.code ?? "")")
                    #expect(task.source?.orientation == number)
                    #expect([task.source?.width, task.source?.height] == [Orientation.width, Orientation.height])
                    #expect([task.outputs[0].width, task.outputs[0].height] == [Orientation.width, Orientation.height])
                    let image = try await ada.download("a", of: task.id)
                    for (x, y) in [(16, 12), (48, 12), (16, 36), (48, 36)] {
                        let (red, green, blue) = Orientation.color(x, y)
                        let found = try await Pictures.pixel(of: image, x: x, y: y)
                        let expected = [Int(red), Int(green), Int(blue)]
                        #expect(zip(found, expected).allSatisfy { abs($0 - $1) < 24 }, "orientation \(number) at \(x), \(y): \(found)")
                    }
                }
            }
        }
    }
}
