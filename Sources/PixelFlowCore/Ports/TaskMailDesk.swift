/// Accepts notifications about tasks to be mailed to people, from services that have the tasks but do not know the people.
///
/// All methods throw `PixelFlowError` with `retry == .outage` if the desk does not respond; they can be repeated.
package protocol TaskMailDesk: Sendable {
    /// Due digests, each given to one caller at a time. A digest that is not reported is returned again later.
    func claimDigests() async throws -> [DigestRequest]
    /// Accepts claimed digests. Ignores those whose time range has already been reported, and those that no one
    /// wants.
    func report(_ digests: [TaskDigest]) async throws
    /// Accepts completed batches. Ignores those reported within the last three days.
    ///
    /// - Throws: also `mail_backlog` if too many messages are waiting.
    func report(_ batches: [EndedBatch]) async throws
}

/// Asks for a summary of a person's tasks in a time range.
package struct DigestRequest: Sendable, Hashable, Codable {
    /// Maximum number of requests per claim.
    package static let limit = 50

    package var organisation: TenantID
    package var person: UserID
    /// The owners of the person's tasks: the person and the API keys that the person has created.
    package var owners: [UserID]
    package var from: Timestamp
    /// The exclusive end of the range.
    package var until: Timestamp

    package init(organisation: TenantID, person: UserID, owners: [UserID], from: Timestamp, until: Timestamp) {
        self.organisation = organisation
        self.person = person
        self.owners = owners
        self.from = from
        self.until = until
    }

    package var span: TaskSpan { TaskSpan(tenant: organisation, from: from, until: until) }
}

/// A summary of a person's tasks in a time range.
package struct TaskDigest: Sendable, Hashable, Codable {
    package var organisation: TenantID
    package var person: UserID
    /// As in the request.
    package var from: Timestamp
    package var until: Timestamp
    package var ended: EndedTasks

    package init(_ request: DigestRequest, _ ended: EndedTasks) {
        organisation = request.organisation
        person = request.person
        from = request.from
        until = request.until
        self.ended = ended
    }
}

/// A completed batch.
package struct EndedBatch: Sendable, Hashable, Codable {
    /// Maximum number of batches per report.
    package static let limit = 50

    package var id: String
    package var organisation: TenantID
    /// The creator: a person, or an API key, whose creator is notified.
    package var owner: UserID
    /// For people; may be empty.
    package var description: String
    package var ended: EndedTasks

    package init(id: String, organisation: TenantID, owner: UserID, description: String, ended: EndedTasks) {
        self.id = id
        self.organisation = organisation
        self.owner = owner
        self.description = description
        self.ended = ended
    }
}
