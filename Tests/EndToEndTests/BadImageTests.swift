import Foundation
import NIOCore
import PixelFlowCore
import TestSupport
import Testing

extension EndToEnd {
    /// Files that are not images, or that are malicious: a clear error code in the task, and a service that continues.
    @Suite struct BadImageTests {
        @Test func nonImageFileFailsWithNotAnImage() async throws {
            try await LiveService.run(["PIXELFLOW_MAX_SOURCE_BYTES": "\(8 << 20)"]) { service in
                let ada = try await Person.signedIn(to: service)
                for bad in try await BadFile.all() {
                    let reply = try await ada.postBody(bad.bytes, type: bad.type)
                    try #require(reply.status == 202, "\(bad.name): \(reply.text)")
                    let task = try await ada.final(reply.task().id)
                    #expect(task.status == .failed, "\(bad.name)")
                    #expect(bad.codes.contains(task.error?.code ?? ""), "\(bad.name): \(task.error?.code ?? "")")
                    #expect(task.error?.message.isEmpty == false, "\(bad.name)")
                    #expect(task.attempts == 1, "\(bad.name) was tried \(task.attempts) times")
                    #expect(task.outputs.allSatisfy { $0.sha256 == nil }, "\(bad.name)")
                }
                // The service is not affected.
                #expect(try await ada.process(PNG.noise(width: 64, height: 64, seed: 1)).status == .completed)
            }
        }

        @Test func anEmptyImageIsRefusedOnUpload() async throws {
            try await LiveService.run { service in
                let ada = try await Person.signedIn(to: service)
                let body = try await ada.postBody(Data(), type: "image/jpeg")
                #expect((body.status, body.code) == (422, "empty_image"))
                let form = try await ada.postForm(Data(), filename: "empty.jpg", type: "image/jpeg")
                #expect((form.status, form.code) == (422, "empty_image"))
            }
        }

        /// A truncated file fails as such; none may be shown as if it were complete.
        @Test(arguments: ["photo.jpg[Q=92]", "photo.jpg[Q=92,interlace=true]", "photo.png"])
        func aTruncatedFileFails(_ name: String) async throws {
            let whole = try await Pictures.make().saved(as: name).prefix(48 * 1024)
            let lengths = Array(stride(from: 1024, to: whole.count - 64, by: 1024)) + [1, 100]
            try #require(lengths.count > 30)
            try await LiveService.run { service in
                let ada = try await Person.signedIn(to: service)
                var tasks: [(Int, TaskID)] = []
                for length in lengths { tasks.append((length, try await ada.upload(Data(whole.prefix(length))).id)) }
                for (length, id) in tasks {
                    let task = try await ada.final(id)
                    #expect(task.status == .failed, "\(length) bytes")
                    #expect(["truncated_image", "not_an_image"].contains(task.error?.code), "\(length) bytes: \(task.error?.code ?? "")")
                    #expect(task.attempts == 1, "\(length) bytes")
                }
            }
        }

        @Test func fileNameAndContentTypeAreNotTrusted() async throws {
            try await LiveService.run { service in
                let ada = try await Person.signedIn(to: service)
                let png = PNG.noise(width: 32, height: 32, seed: 1)
                for (filename, type) in [
                    ("photo.jpg", "image/jpeg"), ("photo.svg", "image/svg+xml"), ("photo.exe", "application/x-msdownload"),
                ] {
                    let reply = try await ada.postForm(png, filename: filename, type: type)
                    let task = try await ada.final(reply.task().id)
                    #expect(task.status == .completed)
                    #expect(task.source?.format == "png")
                }
            }
        }
    }
}

/// A file that must fail, and the expected error codes.
private struct BadFile {
    var name: String
    var bytes: Data
    var type: String
    var codes: Set<String>

    static func all() async throws -> [BadFile] {
        [
            BadFile(
                name: "text named .jpg", bytes: Data("This is no photograph.\n".utf8), type: "image/jpeg",
                codes: ["not_an_image", "unsupported_format"]),
            BadFile(
                name: "HTML", bytes: Data("<!doctype html><script>alert(1)</script>".utf8), type: "image/png",
                codes: ["not_an_image", "unsupported_format"]),
            BadFile(name: "SVG", bytes: Data(svg.utf8), type: "image/svg+xml", codes: ["unsupported_format", "not_an_image"]),
            BadFile(name: "PDF", bytes: Data(pdf.utf8), type: "application/octet-stream", codes: ["unsupported_format", "not_an_image"]),
            BadFile(name: "zeros", bytes: Data(count: 100_000), type: "image/jpeg", codes: ["not_an_image", "unsupported_format"]),
            BadFile(
                name: "only the magic of a JPEG", bytes: Data([0xFF, 0xD8, 0xFF, 0xE0]), type: "image/jpeg",
                codes: ["not_an_image", "truncated_image"]),
            BadFile(name: "30,000 x 30,000", bytes: try await hugePNG(), type: "image/png", codes: ["too_many_pixels"]),
            BadFile(
                name: "30,000 x 30,000 on paper", bytes: PNG.file(width: 30_000, height: 30_000, compressed: Data(count: 100)),
                type: "image/png",
                codes: ["too_many_pixels"]),
            BadFile(name: "10,000 frames", bytes: GIF.animation(frames: 10_000), type: "image/gif", codes: ["too_many_frames"]),
        ]
    }

    private static let svg = """
        <svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="64" height="64">
        <image xlink:href="file:///etc/passwd" width="64" height="64"/><rect width="64" height="64"/></svg>
        """

    private static let pdf = """
        %PDF-1.4
        1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
        2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
        3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 72 72]>>endobj
        trailer<</Root 1 0 R>>
        %%EOF
        """

    /// A complete file of 900 million pixels and some 100 kB.
    private static func hugePNG() async throws -> Data {
        let folder = try TemporaryFolder()
        _ = try await Command.output("/usr/bin/vips", "black", folder.path + "/huge.png[bitdepth=1,compression=9]", "30000", "30000")
        return try Data(contentsOf: URL(fileURLWithPath: folder.path + "/huge.png"))
    }
}
