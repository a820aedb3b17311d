/// The checksum of Ethernet, zip and PNG (ISO 3309, polynomial 0x04C11DB7, reflected). Detects typos, but is not cryptographic.
public enum CRC32 {
    public static func checksum(_ bytes: some Sequence<UInt8>) -> UInt32 {
        var register: UInt32 = 0xFFFF_FFFF
        for byte in bytes {
            register ^= UInt32(byte)
            for _ in 0..<8 {
                let isOdd = register & 1 == 1
                register >>= 1
                if isOdd { register ^= 0xEDB8_8320 }
            }
        }
        return ~register
    }
}
