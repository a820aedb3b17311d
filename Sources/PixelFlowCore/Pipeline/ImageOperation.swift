/// One step between decoding and encoding. Steps run in the order given.
package enum ImageOperation: Sendable, Hashable {
    case resize(Resize)
    case crop(Crop)
    case rotate(Rotate)
    /// Upside down.
    case flip
    /// Left to right.
    case flop
    case blur(Blur)
    case sharpen(Sharpen)
    case grayscale
    case modulate(Modulate)
    case gamma(Gamma)
    case negate
    case tint(Tint)
    case flatten(Flatten)
    case pad(Pad)
    case trim(Trim)
    case round(Round)
    case watermark(Watermark)

    /// The name in JSON, the value of `op`.
    package enum Name: String, Sendable, Hashable, CaseIterable {
        case resize, crop, rotate, flip, flop, blur, sharpen, grayscale, modulate, gamma, negate, tint, flatten, pad, trim, round
        case watermark
    }

    package var name: Name {
        switch self {
        case .resize: .resize
        case .crop: .crop
        case .rotate: .rotate
        case .flip: .flip
        case .flop: .flop
        case .blur: .blur
        case .sharpen: .sharpen
        case .grayscale: .grayscale
        case .modulate: .modulate
        case .gamma: .gamma
        case .negate: .negate
        case .tint: .tint
        case .flatten: .flatten
        case .pad: .pad
        case .trim: .trim
        case .round: .round
        case .watermark: .watermark
        }
    }
}

/// The parameters of an operation: read from and written to the fields of its JSON object.
protocol OperationParameters {
    init(_ fields: inout FieldReader) throws
    func write(to fields: inout FieldWriter)
}

extension ImageOperation {
    init(_ value: JSONValue, path: String) throws {
        var fields = try FieldReader(value, path: path)
        guard case .string(let text) = try fields.required("op") else { throw fields.wrong("op", "the name of an operation") }
        guard let name = Name(rawValue: text) else {
            let known = Name.allCases.map(\.rawValue).joined(separator: ", ")
            throw PixelFlowError.invalid(
                fields.path(of: "op"), "There is no such operation; there are \(known).", code: "unknown_operation")
        }
        self = try ImageOperation.read(name, from: &fields)
        try fields.finish()
    }

    private static func read(_ name: Name, from fields: inout FieldReader) throws -> ImageOperation {
        switch name {
        case .resize: .resize(try Resize(&fields))
        case .crop: .crop(try Crop(&fields))
        case .rotate: .rotate(try Rotate(&fields))
        case .flip: .flip
        case .flop: .flop
        case .blur: .blur(try Blur(&fields))
        case .sharpen: .sharpen(try Sharpen(&fields))
        case .grayscale: .grayscale
        case .modulate: .modulate(try Modulate(&fields))
        case .gamma: .gamma(try Gamma(&fields))
        case .negate: .negate
        case .tint: .tint(try Tint(&fields))
        case .flatten: .flatten(try Flatten(&fields))
        case .pad: .pad(try Pad(&fields))
        case .trim: .trim(try Trim(&fields))
        case .round: .round(try Round(&fields))
        case .watermark: .watermark(try Watermark(&fields))
        }
    }

    var json: JSONValue {
        var fields = FieldWriter()
        fields.set("op", name.rawValue)
        parameters?.write(to: &fields)
        return fields.value
    }

    private var parameters: (any OperationParameters)? {
        switch self {
        case .resize(let parameters): parameters
        case .crop(let parameters): parameters
        case .rotate(let parameters): parameters
        case .blur(let parameters): parameters
        case .sharpen(let parameters): parameters
        case .modulate(let parameters): parameters
        case .gamma(let parameters): parameters
        case .tint(let parameters): parameters
        case .flatten(let parameters): parameters
        case .pad(let parameters): parameters
        case .trim(let parameters): parameters
        case .round(let parameters): parameters
        case .watermark(let parameters): parameters
        case .flip, .flop, .grayscale, .negate: nil
        }
    }
}
