/// Determines whether data read about tasks is still current, without reading it again.
///
/// A reader gets the version first, then reads the store, and may reuse what it has read until the version changes.
package protocol TaskVersions: Sendable {
    /// Whether the version changes before anyone can see a change in the store, in whichever process it was made. If not, changes of
    /// other processes become known when their events arrive.
    var areExact: Bool { get }
    /// Changes with every client-visible change of the tenant's tasks. Nil while changes may be missing, in which case the store must
    /// be read.
    func version(ofTasksOf tenant: TenantID) -> UInt64?
    /// Changes with every client-visible change of the task; nil as above.
    func version(of task: TaskID) -> UInt64?
}
