/// Reads as much of an ICC profile as is needed to see that it is sRGB and nothing has to be done.
enum ICCProfile {
    /// Whether the description names sRGB. A profile that cannot be read is not standard.
    static func isStandardRGB(_ profile: UnsafeRawBufferPointer) -> Bool {
        guard profile.count >= 132, profile[16..<20].elementsEqual("RGB ".utf8) else { return false }
        let tags = min(word(profile, 128) ?? 0, 64)
        for index in 0..<tags {
            let entry = 132 + index * 12
            guard let name = bytes(profile, entry, 4), name.elementsEqual("desc".utf8) else { continue }
            guard let offset = word(profile, entry + 4), let length = word(profile, entry + 8) else { return false }
            guard let description = bytes(profile, offset, min(length, 256)) else { return false }
            // Version 2 writes ASCII, version 4 UTF-16: without its zero bytes the second reads like the first.
            return String(decoding: description.filter { $0 != 0 }, as: UTF8.self).contains("sRGB")
        }
        return false
    }

    private static func bytes(_ profile: UnsafeRawBufferPointer, _ offset: Int, _ length: Int) -> Slice<UnsafeRawBufferPointer>? {
        guard offset >= 0, length >= 0, offset <= profile.count, length <= profile.count - offset else { return nil }
        return profile[offset..<offset + length]
    }

    private static func word(_ profile: UnsafeRawBufferPointer, _ offset: Int) -> Int? {
        bytes(profile, offset, 4)?.reduce(0) { $0 << 8 | Int($1) }
    }
}
