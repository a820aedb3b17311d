import CVips

/// An argument of a libvips operation.
enum VipsArgument {
    /// An integer or an enumeration value.
    case integer(Int)
    case number(Double)
    case flag(Bool)
    case text(String)
    case numbers([Double])
    case integers([Int])
    /// The name of an interpolator.
    case interpolation(String)
    case image(Image)
    case images([Image])
    /// Not copied: the bytes must stay valid as long as the result is in use.
    case bytes(UnsafeRawBufferPointer)
}

typealias VipsArguments = KeyValuePairs<StaticString, VipsArgument>

/// A call of a libvips operation by name. libvips checks names and types at run time.
struct VipsCall {
    private let operation: UnsafeMutablePointer<VipsOperation>

    /// Runs `name`, on `input` if given, and passes its results to `body`.
    ///
    /// - Parameter key: the argument name for `input`; a few operations use a name of their own.
    static func run<Output>(
        _ name: String, on input: Image? = nil, as key: StaticString = "in", _ arguments: VipsArguments,
        _ body: (VipsCall) throws -> Output
    ) throws -> Output {
        VipsError.discard()
        guard let operation = vips_operation_new(name) else { throw VipsError.taken() }
        defer { g_object_unref(operation) }
        let call = VipsCall(operation: operation)
        if let input { call.set(key, .image(input)) }
        for (key, argument) in arguments { call.set(key, argument) }
        // Release outputs even if the build fails, because it may have created some.
        defer { cvips_unref_outputs(operation) }
        guard cvips_build(operation) == 0 else { throw VipsError.taken() }
        return try body(call)
    }

    func image(_ key: StaticString = "out") throws -> Image {
        guard let pointer = cvips_get_image(operation, key.cString) else { throw VipsError.taken() }
        return Image(owning: pointer)
    }

    func bytes(_ key: StaticString = "buffer") throws -> EncodedBytes {
        guard let blob = cvips_get_blob(operation, key.cString) else { throw VipsError.taken() }
        return EncodedBytes(owning: blob)
    }

    func integer(_ key: StaticString) -> Int { Int(cvips_get_int(operation, key.cString)) }

    private func set(_ key: StaticString, _ argument: VipsArgument) {
        let name = key.cString
        switch argument {
        case .integer(let value): cvips_set_int(operation, name, Int32(clamping: value))
        case .number(let value): cvips_set_double(operation, name, value)
        case .flag(let value): cvips_set_int(operation, name, value ? 1 : 0)
        case .text(let value): cvips_set_string(operation, name, value)
        case .numbers(let values): cvips_set_doubles(operation, name, values, Int32(values.count))
        case .integers(let values): cvips_set_ints(operation, name, values.map { Int32(clamping: $0) }, Int32(values.count))
        case .interpolation(let value):
            guard let interpolator = vips_interpolate_new(value) else { return }
            cvips_set_interpolate(operation, name, interpolator)
            g_object_unref(interpolator)
        case .image(let image): cvips_set_image(operation, name, image.pointer)
        case .images(let images):
            var pointers: [UnsafeMutablePointer<VipsImage>?] = images.map(\.pointer)
            cvips_set_images(operation, name, &pointers, Int32(pointers.count))
        case .bytes(let bytes):
            let blob = vips_blob_new(nil, bytes.baseAddress, bytes.count)
            cvips_set_blob(operation, name, blob)
            if let blob { cvips_unref_blob(blob) }
        }
    }
}

extension StaticString {
    var cString: UnsafePointer<CChar> { UnsafeRawPointer(utf8Start).assumingMemoryBound(to: CChar.self) }
}

/// An encoded image, owned by libvips.
final class EncodedBytes {
    private let blob: UnsafeMutablePointer<VipsBlob>

    init(owning blob: UnsafeMutablePointer<VipsBlob>) { self.blob = blob }

    init(copying bytes: [UInt8]) throws {
        guard let blob = vips_blob_copy(bytes, bytes.count) else { throw VipsError.taken() }
        self.blob = blob
    }

    deinit { cvips_unref_blob(blob) }

    var count: Int { withBytes(\.count) }

    func withBytes<Output>(_ body: (UnsafeRawBufferPointer) throws -> Output) rethrows -> Output {
        var length = 0
        let start = cvips_blob_bytes(blob, &length)
        return try body(UnsafeRawBufferPointer(start: start, count: length))
    }
}
