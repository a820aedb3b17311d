/// Tells whether what was read of tasks is still true, without reading them again.
///
/// A reader takes the version first, then reads the store, and may answer from what it has read for as long as the version is the same.
package protocol TaskVersions: Sendable {
    /// Whether a version is new before anybody can see the change in the store, wherever the change was made. If not, the changes of
    /// other processes are known once their events have arrived.
    var areExact: Bool { get }
    /// Differs after every change of a task of the tenant that clients can see. Nil while changes may be missing: then the store must
    /// be read.
    func version(ofTasksOf tenant: TenantID) -> UInt64?
    /// Differs after every change of the task that clients can see; nil as above.
    func version(of task: TaskID) -> UInt64?
}
