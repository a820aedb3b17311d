import Foundation
import PixelFlowCore
import PixelFlowIdentity
import TerminalTesting
import Testing

@testable import PixelFlowAuth

/// Compares every message with its recorded form. Tests/Browser/test_mail.py checks the HTML in a browser.
@Suite("Letters")
struct LetterTests {
    private static let page = "https://images.example.org"
    private static let stop =
        page + "/auth/unsubscribe?token=task_digest.019bbf2c-0000-7000-8000-000000000001.019bbf2c-0000-7000-8000-000000000002."
        + String(repeating: "0123456789abcdef", count: 4)
    private static let organisation = "Darkroom & Sons"
    private static let time = Timestamp(microseconds: 1_767_258_000_000_000)

    private static func news(_ choice: TaskMail, _ ended: EndedTasks) -> Letter {
        let subject = TaskNews.Subject.span(choice, from: time, until: time + .seconds(3600))
        return .taskNews(
            TaskNews(organisation: TenantID("t"), person: UserID("u"), ended: ended, subject: subject), of: organisation, page: page,
            stop: stop)
    }

    private static func letters() throws -> [String: Letter] {
        let secret = "pf_reset_" + String(repeating: "A1b2C3d4", count: 5)
        let quota = QuotaWarning(quota: "bytes_stored", threshold: 100, used: 1_500_000_000, limit: 1_500_000_000, month: time)
        let warning = QuotaWarning(quota: "tasks_per_month", threshold: 80, used: 812, limit: 1000, month: time)
        let batch = TaskNews(
            organisation: TenantID("t"), person: UserID("u"), ended: EndedTasks(completed: 998, failed: 2, failures: try failures(2)),
            subject: .batch("019bbf2c-0000-7000-8000-0000000000ff", description: "Autumn catalogue"))
        return [
            "invitation": .invitation(
                to: organisation, as: .member, by: "ada@example.org", link: "\(page)/invite#\(secret)", until: time),
            "password-reset": .passwordReset(link: "\(page)/reset#\(secret)", address: "ada@example.org"),
            "verification": .verification(link: "\(page)/verify#\(secret)", address: "ada@example.org"),
            "webhook-disabled": .webhookDisabled(
                "https://hooks.example.com/a/very/long/path/that/does/not/end/0123456789/0123456789: it responded with 410 Gone",
                of: organisation, link: "\(page)/webhooks/019bbf2c", stop: stop),
            "quota-warning": .quotaWarning(warning, detail: "", of: organisation, link: "\(page)/usage", stop: stop),
            "quota-used-up": .quotaWarning(quota, detail: "", of: organisation, link: "\(page)/usage", stop: stop),
            "task-failures": news(.failures, EndedTasks(completed: 40, failed: 12, failures: try failures(5))),
            "task-digest": news(.daily, EndedTasks(completed: 1_234_567, failed: 1, cancelled: 1_000_000, failures: try failures(1))),
            "task-digest-good": news(.hourly, EndedTasks(completed: 3)),
            "batch-completed": .taskNews(batch, of: organisation, page: page, stop: stop),
        ]
    }

    private static func failures(_ count: Int) throws -> [EndedTasks.Failure] {
        var failures = try TaskMailTests.failures(count)
        failures[0].name = "https://photos.example.com/" + String(repeating: "a-long-name-without-a-space_", count: 5) + ".jpg"
        if count > 1 { failures[1].name = "" }
        return failures
    }

    @Test("every message matches its recording, as text and as HTML")
    func lettersMatchRecordings() throws {
        let layout = try MailLayout()
        let files = GoldenFiles(of: "letters")
        for (name, letter) in try Self.letters() {
            for (form, text) in [("html", layout.html(letter)), ("txt", layout.text(letter))] {
                #expect(try files.kept("\(name).\(form)", recording: text) == text, "\(name).\(form)")
            }
        }
    }

    @Test("no message loads external resources, and each link leads to the page or is a mail address")
    func lettersLoadNoResources() throws {
        let layout = try MailLayout()
        for (name, letter) in try Self.letters() {
            let html = layout.html(letter)
            for word in ["src=", "url(", "@import", "<link", "<script", "<img"] { #expect(!html.contains(word), "\(name): \(word)") }
            let links = html.split(separator: "href=\"").dropFirst().map { $0.prefix { $0 != "\"" } }
            #expect(links.allSatisfy { $0.hasPrefix(Self.page) }, "\(name)")
            #expect(!html.contains("{{") && !layout.text(letter).contains("{{"), "\(name)")
            #expect(layout.text(letter).split(separator: "\n").allSatisfy { $0.count < 900 }, "\(name)")
        }
    }
}
