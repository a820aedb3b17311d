#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

extension UnsafeRawBufferPointer {
    /// The first offset of `byte` at or after `start`. `memchr` is many times faster than a loop.
    func offset(of byte: UInt8, from start: Int) -> Int? {
        guard let base = baseAddress, start < count,
            let hit = memchr(base + start, Int32(byte), count - start)
        else { return nil }
        return UnsafeRawPointer(hit) - base
    }
}
