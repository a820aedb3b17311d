import PixelFlowCore

/// What a message says, before it has a form.
struct Letter: Sendable, Hashable {
    var subject: String
    var heading: String
    var paragraphs: [String]
    /// On the button.
    var action: String
    var link: String
    /// In small print.
    var notes: [String]

    static func invitation(to organisation: String, as role: Role, by inviter: String?, link: String, until expiry: Timestamp) -> Letter {
        Letter(
            subject: "You are invited to \(organisation) on PixelFlow", heading: "You are invited",
            paragraphs: ["\(inviter ?? "An administrator") invites you to work in “\(organisation)” on PixelFlow, as \(role.words)."],
            action: "Accept the invitation", link: link,
            notes: [
                "The invitation is for you alone and good once, until \(expiry.dayAndTime) UTC.",
                "If you do not know who invites you, ignore this message.",
            ])
    }

    static func passwordReset(link: String, address: String) -> Letter {
        Letter(
            subject: "Set a new password for PixelFlow", heading: "Set a new password",
            paragraphs: ["Someone has asked for a new password for the PixelFlow account \(address)."],
            action: "Choose a password", link: link,
            notes: [
                "The link is good once, for an hour. A new password ends every session of the account.",
                "If that was not you, ignore this message; the password stays as it is.",
            ])
    }

    static func verification(link: String, address: String) -> Letter {
        Letter(
            subject: "Confirm your address for PixelFlow", heading: "Confirm your address",
            paragraphs: ["There is a new PixelFlow account for \(address). Confirm that you read mail at this address."],
            action: "Confirm the address", link: link,
            notes: ["The link is good once, for a day.", "If you have not made an account, ignore this message."])
    }
}

extension Role {
    fileprivate var words: String {
        switch self {
        case .owner: "an owner"
        case .admin: "an admin"
        case .member: "a member"
        case .viewer: "a viewer"
        }
    }
}

extension Timestamp {
    /// As in `2026-01-15 09:30`.
    fileprivate var dayAndTime: String { String(iso8601.prefix(16)).replacing("T", with: " ") }
}
