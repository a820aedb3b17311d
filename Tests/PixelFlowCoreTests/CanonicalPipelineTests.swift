import Foundation
import Testing

@testable import PixelFlowCore

private let mark = "01890a5d-ac96-774b-bcce-b302099a8057"

/// The canonical JSON of pipelines. Fingerprints of idempotency keys and stored tasks depend on every byte of it.
@Suite struct CanonicalOperations {
    @Test(arguments: [
        (#"{"op":"resize","width":5}"#, #"{"op":"resize","width":5}"#),
        (
            ##"{"op":"resize","height":9,"fit":"contain","position":"northwest","enlarge":true,"background":"#ff880080"}"##,
            ##"{"background":"#ff880080","enlarge":true,"fit":"contain","height":9,"op":"resize","position":"northwest"}"##
        ),
        (
            #"{"op":"resize","width":16383,"height":1,"fit":"cover","position":"centre","enlarge":false,"background":"white"}"#,
            #"{"height":1,"op":"resize","width":16383}"#
        ),
        (#"{"op":"resize","width":5,"position":{"x":0.25,"y":1}}"#, #"{"op":"resize","position":{"x":0.25,"y":1},"width":5}"#),
        (#"{"op":"resize","width":5,"position":"attention"}"#, #"{"op":"resize","position":"attention","width":5}"#),
        (#"{"op":"crop","width":2,"height":3}"#, #"{"height":3,"op":"crop","width":2}"#),
        (#"{"op":"crop","width":2,"height":3,"position":"center"}"#, #"{"height":3,"op":"crop","width":2}"#),
        (#"{"op":"crop","left":1,"width":2,"height":3}"#, #"{"height":3,"left":1,"op":"crop","top":0,"width":2}"#),
        (#"{"op":"crop","top":4,"width":2,"height":3}"#, #"{"height":3,"left":0,"op":"crop","top":4,"width":2}"#),
        (#"{"op":"crop","left":0,"top":0,"width":2,"height":3}"#, #"{"height":3,"left":0,"op":"crop","top":0,"width":2}"#),
        (#"{"op":"crop","width":2,"height":3,"position":"entropy"}"#, #"{"height":3,"op":"crop","position":"entropy","width":2}"#),
        (#"{"op":"rotate","angle":0}"#, #"{"angle":0,"op":"rotate"}"#),
        (##"{"op":"rotate","angle":90.0,"background":"#fff"}"##, #"{"angle":90,"op":"rotate"}"#),
        (
            #"{"op":"rotate","angle":-12.5,"background":"transparent"}"#,
            ##"{"angle":-12.5,"background":"#00000000","op":"rotate"}"##
        ),
        (#"{"op":"flip"}"#, #"{"op":"flip"}"#), (#"{"op":"flop"}"#, #"{"op":"flop"}"#),
        (#"{"op":"grayscale"}"#, #"{"op":"grayscale"}"#), (#"{"op":"negate"}"#, #"{"op":"negate"}"#),
        (#"{"op":"blur"}"#, #"{"op":"blur"}"#), (#"{"op":"blur","sigma":1}"#, #"{"op":"blur"}"#),
        (#"{"op":"blur","sigma":2.5}"#, #"{"op":"blur","sigma":2.5}"#),
        (#"{"op":"median"}"#, #"{"op":"median"}"#), (#"{"op":"median","size":3}"#, #"{"op":"median"}"#),
        (#"{"op":"median","size":9.0}"#, #"{"op":"median","size":9}"#),
        (#"{"op":"sharpen","sigma":0.5,"m1":0,"m2":3,"x1":2,"y2":10,"y3":20}"#, #"{"op":"sharpen"}"#),
        (
            #"{"op":"sharpen","sigma":1,"m1":1,"m2":2,"x1":3,"y2":4.5,"y3":5}"#,
            #"{"m1":1,"m2":2,"op":"sharpen","sigma":1,"x1":3,"y2":4.5,"y3":5}"#
        ),
        (#"{"op":"modulate","brightness":1,"saturation":1,"hue":0}"#, #"{"op":"modulate"}"#),
        (#"{"op":"modulate","brightness":1.2,"saturation":0,"hue":90}"#, #"{"brightness":1.2,"hue":90,"op":"modulate","saturation":0}"#),
        (#"{"op":"gamma","gamma":2.2}"#, #"{"op":"gamma"}"#), (#"{"op":"gamma","gamma":2.0}"#, #"{"gamma":2,"op":"gamma"}"#),
        (##"{"op":"tint","color":"#ABC"}"##, ##"{"color":"#aabbcc","op":"tint"}"##),
        (##"{"op":"tint","color":"white"}"##, ##"{"color":"#ffffff","op":"tint"}"##),
        (#"{"op":"flatten","background":"white"}"#, #"{"op":"flatten"}"#),
        (#"{"op":"flatten","background":"black"}"#, ##"{"background":"#000000","op":"flatten"}"##),
        (#"{"op":"pad"}"#, #"{"op":"pad"}"#), (#"{"op":"pad","top":0,"left":0,"background":"white"}"#, #"{"op":"pad"}"#),
        (
            #"{"op":"pad","top":1,"right":2,"bottom":3,"left":4,"background":"black"}"#,
            ##"{"background":"#000000","bottom":3,"left":4,"op":"pad","right":2,"top":1}"##
        ),
        (#"{"op":"trim","threshold":10}"#, #"{"op":"trim"}"#), (#"{"op":"trim","threshold":3.5}"#, #"{"op":"trim","threshold":3.5}"#),
        (#"{"op":"round","radius":8}"#, #"{"op":"round","radius":8}"#),
        (
            #"{"op":"watermark","image":"\#(mark)","position":"southeast","opacity":1,"tile":false}"#,
            #"{"image":"\#(mark)","op":"watermark"}"#
        ),
        (
            #"{"op":"watermark","image":"\#(mark)","position":"center","opacity":0.5,"scale":1.0,"tile":true}"#,
            #"{"image":"\#(mark)","op":"watermark","opacity":0.5,"position":"center","scale":1,"tile":true}"#
        ),
    ])
    func operationsHaveOneCanonicalForm(sent: String, kept: String) throws {
        let pipeline = try Pipeline(validating: Data(#"{"outputs":[{"name":"a","operations":[\#(sent)]}]}"#.utf8))
        #expect(
            String(decoding: try pipeline.canonicalJSON(), as: UTF8.self) == #"{"outputs":[{"name":"a","operations":[\#(kept)]}]}"#)
    }

    @Test(arguments: [
        (#""format":"auto","lossless":false,"progressive":false,"strip":true,"color_profile":"srgb","animated":false"#, #""name":"a""#),
        (
            #""format":"jpeg","quality":1,"lossless":true,"effort":0,"progressive":true,"chroma":"4:2:0","strip":false,"#
                + #""color_profile":"keep","max_bytes":1000,"animated":true"#,
            #""animated":true,"chroma":"4:2:0","color_profile":"keep","effort":0,"format":"jpeg","lossless":true,"max_bytes":1000,"#
                + #""name":"a","progressive":true,"quality":1,"strip":false"#
        ),
    ])
    func encoderOptionsHaveOneCanonicalForm(sent: String, kept: String) throws {
        let pipeline = try Pipeline(validating: Data(#"{"outputs":[{"name":"a",\#(sent)}]}"#.utf8))
        #expect(String(decoding: try pipeline.canonicalJSON(), as: UTF8.self) == #"{"outputs":[{\#(kept)}]}"#)
    }
}

/// Error messages: people read them next to the field, and scripts may compare them.
@Suite struct RefusalMessages {
    @Test(arguments: [
        (#"{"op":1}"#, "X.op must be the name of an operation."),
        (#"{"op":"flip","angle":1}"#, "Unknown parameter X.angle."),
        (#"{"op":"resize"}"#, "X.width or X.height is needed; both are missing."),
        (#"{"op":"resize","width":0}"#, "X.width must be a whole number from 1 to 16383."),
        (#"{"op":"resize","width":1,"fit":"stretch"}"#, "X.fit must be one of cover, contain, fill, inside, outside."),
        (
            #"{"op":"resize","width":1,"position":"up"}"#,
            "X.position must be one of center, north, northeast, east, southeast, south, southwest, west, northwest, attention, "
                + #"entropy, or {"x":…,"y":…} with fractions from 0 to 1."#
        ),
        (#"{"op":"resize","width":1,"position":{"x":2,"y":0}}"#, "X.position.x must be a number from 0.0 to 1.0."),
        (#"{"op":"resize","width":1,"enlarge":"yes"}"#, "X.enlarge must be true or false."),
        (
            #"{"op":"resize","width":1,"background":"red-ish"}"#,
            "X.background must be a colour such as #ff8800, #ff880080, white or transparent."
        ),
        (#"{"op":"crop","width":1}"#, "X.height is missing."),
        (#"{"op":"crop","width":1,"height":1,"left":-1}"#, "X.left must be a whole number from 0 to 1000000."),
        (#"{"op":"crop","width":1,"height":1,"left":1,"position":"center"}"#, "X.position must be omitted if left or top is given."),
        (#"{"op":"rotate","angle":361}"#, "X.angle must be a number from -360.0 to 360.0."),
        (#"{"op":"blur","sigma":0.2}"#, "X.sigma must be a number from 0.3 to 250.0."),
        (#"{"op":"median","size":10}"#, "X.size must be a whole number from 3 to 9."),
        (#"{"op":"sharpen","sigma":11}"#, "X.sigma must be a number from 0.01 to 10.0."),
        (#"{"op":"sharpen","y3":-1}"#, "X.y3 must be a number from 0.0 to 1000000.0."),
        (#"{"op":"modulate","hue":361}"#, "X.hue must be a number from -360.0 to 360.0."),
        (#"{"op":"modulate","brightness":11}"#, "X.brightness must be a number from 0.0 to 10.0."),
        (#"{"op":"gamma","gamma":0}"#, "X.gamma must be a number from 0.1 to 10.0."),
        (#"{"op":"tint"}"#, "X.color is missing."),
        (#"{"op":"pad","left":8193}"#, "X.left must be a whole number from 0 to 8192."),
        (#"{"op":"trim","threshold":256}"#, "X.threshold must be a number from 0.0 to 255.0."),
        (#"{"op":"round","radius":16384}"#, "X.radius must be a whole number from 1 to 16383."),
        (#"{"op":"watermark","image":7}"#, "X.image must be a string."),
        (#"{"op":"watermark","image":"../../etc"}"#, "X.image must be the id of a task."),
        (#"{"op":"watermark","image":"\#(mark)","scale":2}"#, "X.scale must be a number from 0.01 to 1.0."),
        (
            #"{"op":"watermark","image":"\#(mark)","position":"attention"}"#,
            "X.position must be one of center, north, northeast, east, southeast, south, southwest, west, northwest, "
                + #"or {"x":…,"y":…} with fractions from 0 to 1."#
        ),
    ])
    func reportErrorsOfAnOperation(operation: String, message: String) {
        let text = #"{"outputs":[{"name":"a","operations":[\#(operation)]}]}"#
        let error = #expect(throws: PixelFlowError.self) { try Pipeline(validating: Data(text.utf8)) }
        #expect(error?.message == message.replacing("X.", with: "outputs[0].operations[0]."))
    }

    @Test(arguments: [
        (#""quality":101"#, "quality must be a whole number from 1 to 100."),
        (#""effort":10"#, "effort must be a whole number from 0 to 9."),
        (#""max_bytes":99"#, "max_bytes must be a whole number from 100 to 1000000000."),
        (#""lossless":1"#, "lossless must be true or false."),
        (#""chroma":"4:1:1""#, "chroma must be one of 4:2:0, 4:4:4."),
        (#""color_profile":"p3""#, "color_profile must be one of srgb, keep."),
        (#""format":"bmp""#, "format must be one of auto, jpeg, png, webp, avif, gif, tiff."),
        (#""animated":0"#, "animated must be true or false."),
    ])
    func reportErrorsOfAnOutput(member: String, message: String) {
        let error = #expect(throws: PixelFlowError.self) {
            try Pipeline(validating: Data(#"{"outputs":[{"name":"a",\#(member)}]}"#.utf8))
        }
        #expect(error?.message == "outputs[0].\(message)")
    }

    @Test func unknownOperationErrorListsAllOperations() {
        let error = #expect(throws: PixelFlowError.self) {
            try Pipeline(validating: Data(#"{"outputs":[{"name":"a","operations":[{"op":"melt"}]}]}"#.utf8))
        }
        #expect(
            error?.message.hasPrefix("Unknown operation; the operations are resize, crop, rotate, flip, flop, blur, ")
                == true)
    }
}
