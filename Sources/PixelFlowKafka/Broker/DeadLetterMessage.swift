import PixelFlowCore
import WireFormats

/// A dead letter: a task that has finally failed. Repetitions have the same id.
struct DeadLetterMessage: Encodable {
    private let id: String
    private let task: TaskID
    private let tenant: TenantID
    private let owner: UserID
    private let generation: Int
    private let epoch: Int
    private let attempts: Int
    private let crashes: Int
    private let losses: Int
    private let error: TaskError?
    private let label: String
    private let requestID: String
    /// ISO 8601.
    private let createdAt: String
    private let failedAt: String

    private enum CodingKeys: String, CodingKey {
        case id, task, tenant, owner, generation, epoch, attempts, crashes, losses, error, label
        case requestID = "request_id"
        case createdAt = "created_at"
        case failedAt = "failed_at"
    }

    init(_ record: TaskRecord) {
        id =
            record.outbox.last { $0.status == .failed }?.id
            ?? "\(record.id)/\(record.generation)/\(record.epoch)/\(TaskStatus.failed.rawValue)"
        task = record.id
        tenant = record.tenant
        owner = record.owner
        generation = record.generation
        epoch = record.epoch
        attempts = record.attempts
        crashes = record.crashes
        losses = record.losses
        error = record.error
        label = record.label
        requestID = record.requestID
        createdAt = record.createdAt.iso8601
        failedAt = (record.completedAt ?? record.updatedAt).iso8601
    }

    func message(topic: String) throws -> KafkaMessage {
        KafkaMessage(
            topic: topic, key: Array("\(tenant)/\(task)".utf8), value: try JSONStreamEncoder(sortsKeys: true).encode(self),
            headers: [("x-request-id", requestID), ("message-id", id), ("version", "1")])
    }
}
