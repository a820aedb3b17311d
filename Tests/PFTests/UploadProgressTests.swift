import Foundation
import Terminal
import TerminalTesting
import Testing

@testable import PF

@Suite struct UploadProgressTests {
    /// The texts that were drawn instead of each other.
    private static func frames(_ text: String) -> [String] {
        text.components(separatedBy: "\r\u{1B}[K").filter { !$0.isEmpty }
    }

    private static func progress(total: Int, width: Int?) -> (UploadProgress, CapturedStream) {
        let stream = CapturedStream(width: width)
        return (UploadProgress(total: total, status: StatusLine(stream: stream, palette: Palette(isColoured: false))), stream)
    }

    @Test func drawsTheTotalProgressOfAllImages() {
        let (progress, stream) = Self.progress(total: 4, width: 60)
        progress.advance("a", to: 0.5)
        progress.advance("b", to: 0.5)
        // An attempt that has failed leads back; the bar does not.
        progress.advance("a", to: 0.1)
        progress.finish("a")
        progress.finish("b")
        #expect(
            Self.frames(stream.text) == [
                "⠋ ███░░░░░░░░░░░░░░░░░░░░░ 12 %  0 of 4", "⠙ ██████░░░░░░░░░░░░░░░░░░ 25 %  0 of 4",
                "⠹ █████████░░░░░░░░░░░░░░░ 37 %  1 of 4", "⠸ ████████████░░░░░░░░░░░░ 50 %  2 of 4",
            ])
    }

    @Test(arguments: [8, 30, 38, 60]) func staysOnOneLine(width: Int) {
        let (progress, stream) = Self.progress(total: 1, width: width)
        for step in 0...10 { progress.advance("a", to: Double(step) / 10) }
        progress.finish("a")
        let frames = Self.frames(stream.text)
        #expect(frames.count == 12, "each change is drawn")
        for frame in frames { #expect(frame.count < width, "\(frame)") }
    }

    @Test func printsLinesToAPipe() {
        let (progress, stream) = Self.progress(total: 1, width: nil)
        progress.advance("a", to: 0.5)
        progress.report("a", "COMPLETED")
        progress.finish("a")
        #expect(stream.text == "a: COMPLETED\n")
    }

    /// Narrower than the bar, and wider.
    @Test(arguments: [30, 60]) func isVisibleDuringUploads(width: Int) async throws {
        try await FakeServer.run { server in
            let outcome = await server.pf(
                ["upload", "FOLDER/a.png", "--preset", "web", "--output", "FOLDER/out"], width: 100, statusWidth: width)
            #expect(outcome.status == .ok, "\(outcome.errors)")
            let frames = Self.frames(outcome.errors)
            #expect(frames.allSatisfy { $0.count < width && !$0.contains("\n") })
            #expect(frames.first?.contains("████████████░") == true, "the image is sent")
            #expect(width < 40 || frames.last?.hasSuffix("100 %  1 of 1") == true)
            #expect(outcome.errors.hasSuffix("\r\u{1B}[K"), "nothing of it is left")
            #expect(!outcome.output.contains("█"))
        }
    }
}
