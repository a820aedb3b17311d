package import PixelFlowCore
import Synchronization

/// The limits of a user's uploads in progress.
package struct UploadLimits: Sendable, Hashable {
    static let countSetting = Setting<Int>.integer(
        "PIXELFLOW_UPLOADS_PER_USER", default: 256, in: 1...100_000,
        help:
            "Maximum number of unfinished uploads of one user in one process.")
    static let bytesSetting = Setting<Int>.integer(
        "PIXELFLOW_UPLOAD_BYTES_PER_USER", default: 512 * 1024 * 1024, in: 1024...1 << 40,
        help: "Maximum number of bytes received by the unfinished uploads of one user in one process.")

    package static let descriptions: [SettingDescription] = [countSetting.description, bytesSetting.description]

    package var count: Int
    package var bytes: Int

    package init(count: Int = 256, bytes: Int = 512 * 1024 * 1024) {
        self.count = count
        self.bytes = bytes
    }

    /// - Throws: `setting_invalid`, with the name of the bad setting as `field`.
    package init(_ settings: Settings) throws(PixelFlowError) {
        self.init(count: try settings[Self.countSetting], bytes: try settings[Self.bytesSetting])
    }
}

/// Counts the uploads in progress of each user and rejects those above the limits.
final class UploadAdmission: Sendable {
    private struct Share {
        var count = 0
        var bytes = 0
    }

    /// One upload in progress. Its deallocation releases it, however the upload ends.
    final class Ticket: Sendable {
        private let admission: UploadAdmission
        private let user: UserID
        private let bytes = Mutex(0)

        fileprivate init(_ admission: UploadAdmission, _ user: UserID) {
            self.admission = admission
            self.user = user
        }

        deinit { admission.leave(user, bytes.withLock { $0 }) }

        /// Adds received bytes.
        ///
        /// - Throws: `too_many_uploads`.
        func add(_ count: Int) throws {
            try admission.add(count, of: user)
            bytes.withLock { $0 += count }
        }
    }

    private let limits: UploadLimits
    private let shares = Mutex<[UserID: Share]>([:])

    init(limits: UploadLimits) { self.limits = limits }

    /// - Throws: `too_many_uploads`.
    func enter(_ user: UserID) throws -> Ticket {
        try shares.withLock { shares in
            guard shares[user]?.count ?? 0 < limits.count else { throw refusal }
            shares[user, default: Share()].count += 1
        }
        return Ticket(self, user)
    }

    private func add(_ bytes: Int, of user: UserID) throws {
        try shares.withLock { shares in
            guard (shares[user]?.bytes ?? 0) + bytes <= limits.bytes else { throw refusal }
            shares[user, default: Share()].bytes += bytes
        }
    }

    private func leave(_ user: UserID, _ bytes: Int) {
        shares.withLock { shares in
            guard var share = shares[user] else { return }
            share.count -= 1
            share.bytes -= bytes
            shares[user] = share.count > 0 ? share : nil
        }
    }

    private var refusal: PixelFlowError {
        PixelFlowError(
            .throttled, code: "too_many_uploads",
            "You already have \(limits.count) uploads or \(limits.bytes) bytes in progress; wait for some of them to "
                + "finish.", retryAfter: 1)
    }
}
