/// Takes what people are to be mailed of their tasks, for services that have the tasks and do not know the people.
///
/// All methods throw `PixelFlowError` with `retry == .outage` if the desk does not answer; they can be repeated.
package protocol TaskMailDesk: Sendable {
    /// Digests that are due, each asked of one caller at a time. One that is not reported is asked for again.
    func claimDigests() async throws -> [DigestRequest]
    /// Takes digests that were claimed. One whose span has been told of already changes nothing; of what nobody wants to know, nobody
    /// is told.
    func report(_ digests: [TaskDigest]) async throws
    /// Takes batches that are done. One that was reported within the last three days changes nothing.
    ///
    /// - Throws: besides, `mail_backlog` if too many messages wait.
    func report(_ batches: [EndedBatch]) async throws
}

/// Asks what became of the tasks of a person in a span of time.
package struct DigestRequest: Sendable, Hashable, Codable {
    /// Requests of one claim.
    package static let limit = 50

    package var organisation: TenantID
    package var person: UserID
    /// Whose tasks are the person's: the person and the API keys that the person has made.
    package var owners: [UserID]
    package var from: Timestamp
    /// Does not belong to the span.
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

/// What became of the tasks of a person in a span of time.
package struct TaskDigest: Sendable, Hashable, Codable {
    package var organisation: TenantID
    package var person: UserID
    /// As it was claimed.
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

/// A batch of tasks that is done.
package struct EndedBatch: Sendable, Hashable, Codable {
    /// Batches of one report.
    package static let limit = 50

    package var id: String
    package var organisation: TenantID
    /// Who has made it: a person, or an API key, whose maker is told.
    package var owner: UserID
    /// For people; empty if it has none.
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
