package import PixelFlowCore
import Synchronization
import WireFormats

/// The limits of uploads in progress, of a user and of an organisation.
package struct UploadLimits: Sendable, Hashable {
    static let countSetting = Setting<Int>.integer(
        "PIXELFLOW_UPLOADS_PER_USER", default: 256, in: 1...100_000,
        help:
            "Maximum number of unfinished uploads of one user or API key in one process.")
    static let bytesSetting = Setting<Int>.integer(
        "PIXELFLOW_UPLOAD_BYTES_PER_USER", default: 512 * 1024 * 1024, in: 1024...1 << 40,
        help: "Maximum number of bytes received by the unfinished uploads of one user or API key in one process.")
    static let countOfOrganisationSetting = Setting<Int>.integer(
        "PIXELFLOW_UPLOADS_PER_ORGANISATION", default: 1024, in: 1...1_000_000,
        help: "Maximum number of unfinished uploads of one organisation in one process.")
    static let bytesOfOrganisationSetting = Setting<Int>.integer(
        "PIXELFLOW_UPLOAD_BYTES_PER_ORGANISATION", default: 2 * 1024 * 1024 * 1024, in: 1024...1 << 40,
        help: "Maximum number of bytes received by the unfinished uploads of one organisation in one process.")

    package static let descriptions: [SettingDescription] = [
        countSetting.description, bytesSetting.description, countOfOrganisationSetting.description, bytesOfOrganisationSetting.description,
    ]

    /// The share of one user, or of one organisation.
    package struct Share: Sendable, Hashable {
        package var count: Int
        package var bytes: Int

        package init(count: Int, bytes: Int) {
            self.count = count
            self.bytes = bytes
        }
    }

    package var user: Share
    package var organisation: Share

    package init(
        user: Share = Share(count: 256, bytes: 512 * 1024 * 1024), organisation: Share = Share(count: 1024, bytes: 2 * 1024 * 1024 * 1024)
    ) {
        self.user = user
        self.organisation = organisation
    }

    /// - Throws: `setting_invalid`, with the name of the bad setting as `field`.
    package init(_ settings: Settings) throws(PixelFlowError) {
        self.init(
            user: Share(count: try settings[Self.countSetting], bytes: try settings[Self.bytesSetting]),
            organisation: Share(
                count: try settings[Self.countOfOrganisationSetting], bytes: try settings[Self.bytesOfOrganisationSetting]))
    }
}

/// Counts the uploads in progress of each user and of each organisation, and rejects those above the limits.
final class UploadAdmission: Sendable {
    /// Whose uploads are counted together.
    fileprivate enum Owner: Hashable {
        case user(UserID)
        case organisation(TenantID)
    }

    /// One upload in progress. Its deallocation releases it, however the upload ends.
    final class Ticket: Sendable {
        private let admission: UploadAdmission
        private let owners: [Owner]
        private let bytes = Mutex(0)

        fileprivate init(_ admission: UploadAdmission, _ owners: [Owner]) {
            self.admission = admission
            self.owners = owners
        }

        deinit { admission.leave(owners, bytes.withLock { $0 }) }

        /// Adds received bytes.
        ///
        /// - Throws: `too_many_uploads`.
        func add(_ count: Int) throws {
            try admission.add(count, of: owners)
            bytes.withLock { $0 += count }
        }
    }

    private let limits: UploadLimits
    private let shares = Mutex<[Owner: UploadLimits.Share]>([:])

    init(limits: UploadLimits) { self.limits = limits }

    /// - Throws: `too_many_uploads`.
    func enter(_ principal: Principal) throws -> Ticket {
        let owners: [Owner] = [.user(principal.user), .organisation(principal.tenant)]
        try shares.withLock { shares in
            for owner in owners where shares[owner]?.count ?? 0 >= limit(of: owner).count { throw refusal(owner) }
            for owner in owners { shares[owner, default: .none].count += 1 }
        }
        return Ticket(self, owners)
    }

    private func add(_ bytes: Int, of owners: [Owner]) throws {
        try shares.withLock { shares in
            for owner in owners where (shares[owner]?.bytes ?? 0) + bytes > limit(of: owner).bytes { throw refusal(owner) }
            for owner in owners { shares[owner, default: .none].bytes += bytes }
        }
    }

    private func leave(_ owners: [Owner], _ bytes: Int) {
        shares.withLock { shares in
            for owner in owners {
                guard var share = shares[owner] else { continue }
                share.count -= 1
                share.bytes -= bytes
                shares[owner] = share.count > 0 ? share : nil
            }
        }
    }

    private func limit(of owner: Owner) -> UploadLimits.Share {
        switch owner {
        case .user: limits.user
        case .organisation: limits.organisation
        }
    }

    private func refusal(_ owner: Owner) -> PixelFlowError {
        let (limit, who) =
            switch owner {
            case .user: (limits.user, "You already have")
            case .organisation: (limits.organisation, "Your organisation already has")
            }
        return PixelFlowError(
            .throttled, code: "too_many_uploads",
            "\(who) \(limit.count.counted("upload")) or \(limit.bytes.counted("byte")) in progress; wait for some of them to finish.",
            retryAfter: 1)
    }
}

extension UploadLimits.Share {
    fileprivate static let none = Self(count: 0, bytes: 0)
}
