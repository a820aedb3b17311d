import Foundation
import Testing
import WireFormats

@testable import PixelFlowCore

private let mark = "01890a5d-ac96-774b-bcce-b302099a8057"

@Suite struct PipelineReading {
    @Test func readsTheDocumentedExample() throws {
        let text = """
            {"outputs":[
              {"name":"thumb","operations":[{"op":"resize","width":320,"height":320,"fit":"cover","position":"attention"}],
               "format":"webp","quality":80},
              {"name":"hero","operations":[{"op":"resize","width":1600,"fit":"inside"},{"op":"sharpen"}],"format":"avif","quality":55}
            ]}
            """
        let pipeline = try Pipeline(validating: Data(text.utf8))
        #expect(pipeline.outputs.map(\.name) == ["thumb", "hero"])
        #expect(pipeline.outputs[0].operations == [.resize(.init(width: 320, height: 320, position: .attention))])
        #expect(pipeline.outputs[0].format == .fixed(.webp))
        #expect(pipeline.outputs[0].encoder.quality == 80)
        #expect(pipeline.outputs[1].operations == [.resize(.init(width: 1600, fit: .inside)), .sharpen(.init())])
    }

    @Test(arguments: [
        ##"{"op":"resize","height":9,"fit":"contain","position":"northwest","enlarge":true,"background":"#ff880080"}"##,
        #"{"op":"resize","width":5,"position":{"x":0.25,"y":1}}"#,
        #"{"op":"crop","left":1,"width":2,"height":3}"#,
        #"{"op":"crop","width":2,"height":3,"position":"entropy"}"#,
        #"{"op":"rotate","angle":-12.5,"background":"transparent"}"#,
        #"{"op":"flip"}"#, #"{"op":"flop"}"#, #"{"op":"grayscale"}"#, #"{"op":"negate"}"#,
        #"{"op":"blur","sigma":2.5}"#,
        #"{"op":"sharpen","sigma":1,"m1":1,"m2":2,"x1":3,"y2":4,"y3":5}"#,
        #"{"op":"modulate","brightness":1.2,"saturation":0,"hue":90}"#,
        #"{"op":"gamma","gamma":2}"#, #"{"op":"gamma"}"#,
        ##"{"op":"tint","color":"#abc"}"##,
        #"{"op":"flatten","background":"black"}"#,
        #"{"op":"pad","top":1,"right":2,"bottom":3,"left":4,"background":"black"}"#,
        #"{"op":"trim","threshold":3}"#, #"{"op":"round","radius":8}"#,
        #"{"op":"watermark","image":"\#(mark)","position":"center","opacity":0.5,"scale":0.2,"tile":true}"#,
    ])
    func everyOperationSurvivesARoundTrip(operation: String) throws {
        let text = #"{"outputs":[{"name":"a","operations":[\#(operation)]}]}"#
        let pipeline = try Pipeline(validating: Data(text.utf8))
        let written = try pipeline.canonicalJSON()
        #expect(try Pipeline(validating: written) == pipeline)
        #expect(try Pipeline(validating: written).canonicalJSON() == written)
        #expect(try JSONDecoder().decode(Pipeline.self, from: JSONEncoder().encode(pipeline)) == pipeline)
    }

    @Test func everyEncoderOptionSurvivesARoundTrip() throws {
        let text = """
            {"outputs":[{"name":"a","format":"jpeg","quality":1,"lossless":true,"effort":9,"progressive":true,"chroma":"4:4:4",\
            "strip":false,"color_profile":"keep","max_bytes":1000,"animated":true}]}
            """
        let pipeline = try Pipeline(validating: Data(text.utf8))
        let encoder = EncoderOptions(
            quality: 1, lossless: true, effort: 9, progressive: true, chroma: .full, strip: false, colorProfile: .keep, maxBytes: 1000)
        #expect(pipeline.outputs == [OutputSpec(name: "a", format: .fixed(.jpeg), encoder: encoder, animated: true)])
        #expect(try Pipeline(validating: pipeline.canonicalJSON()) == pipeline)
    }

    @Test func equalPipelinesHaveEqualText() throws {
        let short = try Pipeline(validating: Data(#"{"outputs":[{"name":"a","operations":[{"op":"resize","width":2}]}]}"#.utf8))
        let resize = #"{"fit":"cover","enlarge":false,"width":2.0,"op":"resize"}"#
        let long = try Pipeline(
            validating: Data(#"{"outputs":[{"strip":true,"format":"auto","operations":[\#(resize)],"name":"a"}]}"#.utf8))
        #expect(try short.canonicalJSON() == long.canonicalJSON())
        #expect(
            String(decoding: try short.canonicalJSON(), as: UTF8.self)
                == #"{"outputs":[{"name":"a","operations":[{"op":"resize","width":2}]}]}"#)
    }

    @Test func namesEachOverlayOnce() throws {
        let watermark = #"{"op":"watermark","image":"\#(mark)"}"#
        let text = #"{"outputs":[{"name":"a","operations":[\#(watermark),\#(watermark)]},{"name":"b","operations":[\#(watermark)]}]}"#
        let pipeline = try Pipeline(validating: Data(text.utf8))
        #expect(pipeline.overlays == [TaskID(mark)])
        #expect(pipeline.path(ofOverlay: TaskID(mark)) == "outputs[0].operations[0].image")
        #expect(pipeline.path(ofOverlay: TaskID("another")) == nil)
    }

    @Test func presetsAndTheDefaultAreValid() throws {
        for pipeline in Array(BuiltInPresets.all.values) + [.default] {
            #expect(try Pipeline(validating: pipeline.canonicalJSON()) == pipeline)
        }
        #expect(Set(BuiltInPresets.all.keys) == ["web", "thumbnail", "avatar"])
    }
}

@Suite struct PipelineRefusals {
    /// Code and field of the error for an invalid document.
    private func refusal(_ text: String) -> (code: String?, field: String?, kind: PixelFlowError.Kind?) {
        do {
            _ = try Pipeline(validating: Data(text.utf8))
            return (nil, nil, nil)
        } catch let error as PixelFlowError {
            return (error.code, error.field, error.kind)
        } catch {
            return ("\(error)", nil, nil)
        }
    }

    @Test func aResizeWithoutASizeNamesBothSides() throws {
        let text = #"{"outputs":[{"name":"a","operations":[{"op":"resize"}]}]}"#
        let error = try #require(throws: PixelFlowError.self) { try Pipeline(validating: Data(text.utf8)) }
        #expect(error.field == "outputs[0].operations[0].width")
        let path = "outputs[0].operations[0]"
        #expect(error.message == "\(path).width or \(path).height is needed; both are missing.")
    }

    @Test(arguments: ["", "{", "nope", "{\"outputs\":[}", String(repeating: "[", count: 200_000), "{\"a\":\"\\ud800\"}"])
    func invalidJSONIsMalformed(text: String) {
        let refusal = refusal(text)
        #expect(refusal.kind == .malformed)
        #expect(refusal.code == "invalid_json")
    }

    @Test(arguments: [
        ("[]", "invalid_value", ""),
        ("{}", "missing_parameter", "outputs"),
        (#"{"outputs":{}}"#, "invalid_value", "outputs"),
        (#"{"outputs":[]}"#, "invalid_value", "outputs"),
        (#"{"outputs":[1]}"#, "invalid_value", "outputs[0]"),
        (#"{"outputs":[{"name":"a"}],"x":1}"#, "unknown_parameter", "x"),
        (#"{"outputs":[{}]}"#, "missing_parameter", "outputs[0].name"),
        (#"{"outputs":[{"name":"A"}]}"#, "invalid_value", "outputs[0].name"),
        (#"{"outputs":[{"name":"../a"}]}"#, "invalid_value", "outputs[0].name"),
        (#"{"outputs":[{"name":""}]}"#, "invalid_value", "outputs[0].name"),
        (#"{"outputs":[{"name":"a"},{"name":"a"}]}"#, "invalid_value", "outputs[1].name"),
        (#"{"outputs":[{"name":"a","format":"bmp"}]}"#, "invalid_value", "outputs[0].format"),
        (#"{"outputs":[{"name":"a","quality":0}]}"#, "invalid_value", "outputs[0].quality"),
        (#"{"outputs":[{"name":"a","quality":101}]}"#, "invalid_value", "outputs[0].quality"),
        (#"{"outputs":[{"name":"a","quality":"80"}]}"#, "invalid_value", "outputs[0].quality"),
        (#"{"outputs":[{"name":null}]}"#, "missing_parameter", "outputs[0].name"),
        (#"{"outputs":null}"#, "missing_parameter", "outputs"),
        (#"{"outputs":[{"name":"a","kwality":null}]}"#, "unknown_parameter", "outputs[0].kwality"),
        (#"{"outputs":[{"name":"a","operations":[null]}]}"#, "invalid_value", "outputs[0].operations[0]"),
        (#"{"outputs":[{"name":"a","quality":true}]}"#, "invalid_value", "outputs[0].quality"),
        (#"{"outputs":[{"name":"a","chroma":"4:1:1"}]}"#, "invalid_value", "outputs[0].chroma"),
        (#"{"outputs":[{"name":"a","strip":1}]}"#, "invalid_value", "outputs[0].strip"),
        (#"{"outputs":[{"name":"a","kwality":1}]}"#, "unknown_parameter", "outputs[0].kwality"),
        (#"{"outputs":[{"name":"a","operations":"resize"}]}"#, "invalid_value", "outputs[0].operations"),
    ])
    func namesTheOutputField(text: String, code: String, field: String) {
        let refusal = refusal(text)
        #expect(refusal.kind == .invalid)
        #expect(refusal.code == code)
        #expect(refusal.field == field)
    }

    @Test func aFieldThatIsNullIsAbsent() throws {
        let nulls = try Pipeline(
            validating: Data(
                #"""
                {"outputs":[{"name":"a","format":null,"quality":null,"lossless":null,"effort":null,"progressive":null,"chroma":null,
                "strip":null,"color_profile":null,"max_bytes":null,"animated":null,"operations":[
                {"op":"resize","width":320,"height":null,"fit":null,"position":null,"enlarge":null},
                {"op":"flatten","background":null},{"op":"blur","sigma":null},{"op":"flip"}]},{"name":"b","operations":null}]}
                """#.utf8))
        let absent = try Pipeline(
            validating: Data(
                #"""
                {"outputs":[{"name":"a","operations":[{"op":"resize","width":320},{"op":"flatten"},{"op":"blur"},{"op":"flip"}]},
                {"name":"b"}]}
                """#.utf8))
        #expect(nulls == absent)
        #expect(try nulls.canonicalJSON() == absent.canonicalJSON())
    }

    @Test(arguments: [
        (#"{}"#, "missing_parameter", "op"),
        (#"{"op":1}"#, "invalid_value", "op"),
        (#"{"op":"explode"}"#, "unknown_operation", "op"),
        (#"{"op":"flip","angle":1}"#, "unknown_parameter", "angle"),
        (#"{"op":"resize"}"#, "missing_parameter", "width"),
        (#"{"op":"resize","width":0}"#, "invalid_value", "width"),
        (#"{"op":"resize","width":-1}"#, "invalid_value", "width"),
        (#"{"op":"resize","width":1e300}"#, "invalid_value", "width"),
        (#"{"op":"resize","width":9223372036854775808}"#, "invalid_value", "width"),
        (#"{"op":"resize","width":1.5}"#, "invalid_value", "width"),
        (#"{"op":"resize","width":16384}"#, "invalid_value", "width"),
        (#"{"op":"resize","width":1,"fit":"stretch"}"#, "invalid_value", "fit"),
        (#"{"op":"resize","width":1,"position":"up"}"#, "invalid_value", "position"),
        (#"{"op":"resize","width":1,"position":{"x":2,"y":0}}"#, "invalid_value", "position.x"),
        (#"{"op":"resize","width":1,"position":{"x":0}}"#, "missing_parameter", "position.y"),
        (#"{"op":"resize","width":1,"position":{"x":0,"y":0,"z":0}}"#, "unknown_parameter", "position.z"),
        (#"{"op":"resize","width":1,"background":"red-ish"}"#, "invalid_value", "background"),
        (##"{"op":"resize","width":1,"background":"#+12345"}"##, "invalid_value", "background"),
        (#"{"op":"crop","width":1}"#, "missing_parameter", "height"),
        (#"{"op":"crop","width":1,"height":1,"left":-1}"#, "invalid_value", "left"),
        (#"{"op":"crop","width":1,"height":1,"left":1,"position":"center"}"#, "invalid_value", "position"),
        (#"{"op":"rotate"}"#, "missing_parameter", "angle"),
        (#"{"op":"rotate","angle":361}"#, "invalid_value", "angle"),
        (#"{"op":"blur","sigma":100000}"#, "invalid_value", "sigma"),
        (#"{"op":"gamma","gamma":0}"#, "invalid_value", "gamma"),
        (#"{"op":"tint"}"#, "missing_parameter", "color"),
        (#"{"op":"pad","top":9999}"#, "invalid_value", "top"),
        (#"{"op":"round"}"#, "missing_parameter", "radius"),
        (#"{"op":"watermark"}"#, "missing_parameter", "image"),
        (#"{"op":"watermark","image":"../../etc"}"#, "invalid_value", "image"),
        (#"{"op":"watermark","image":"\#(mark)","position":"attention"}"#, "invalid_value", "position"),
    ])
    func namesTheOperationField(operation: String, code: String, field: String) {
        let refusal = refusal(#"{"outputs":[{"name":"a","operations":[{"op":"flip"},\#(operation)]}]}"#)
        #expect(refusal.kind == .invalid)
        #expect(refusal.code == code)
        #expect(refusal.field == "outputs[0].operations[1].\(field)")
    }

    @Test func limitsTheNumberOfOutputsAndOperations() {
        let outputs = (0..<17).map { #"{"name":"o\#($0)"}"# }.joined(separator: ",")
        #expect(refusal(#"{"outputs":[\#(outputs)]}"#).field == "outputs")
        let operations = Array(repeating: #"{"op":"flip"}"#, count: 33).joined(separator: ",")
        #expect(refusal(#"{"outputs":[{"name":"a","operations":[\#(operations)]}]}"#).field == "outputs[0].operations")
    }

    @Test func errorPathsStartWithTheGivenPath() throws {
        let value = try JSONValue(document: Data(#"{"outputs":[{"name":"A"}]}"#.utf8))
        #expect {
            try Pipeline(validating: value, path: "pipeline")
        } throws: { ($0 as? PixelFlowError)?.field == "pipeline.outputs[0].name" }
    }
}
