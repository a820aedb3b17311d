import assert from "node:assert/strict";
import test from "node:test";
import * as pipelines from "../../Sources/PixelFlowWebApp/pipeline/pipelines.js";

test("a new output gets an unused name", () => {
    assert.equal(pipelines.freeName([]), "output-1");
    assert.equal(pipelines.freeName([{ name: "a" }, { name: "output-3" }]), "output-4");
});

test("a member with its default value is omitted", () => {
    const object = { quality: 80, effort: 4 };
    assert.deepEqual(pipelines.withMember(object, "quality", 60, 80), { quality: 60, effort: 4 });
    for (const value of [undefined, "", 80]) assert.deepEqual(pipelines.withMember(object, "quality", value, 80), { effort: 4 });
    assert.deepEqual(object, { quality: 80, effort: 4 });
});

test("lists are changed as copies", () => {
    const list = ["a", "b", "c"];
    assert.deepEqual(pipelines.moved(list, 0, 2), ["b", "c", "a"]);
    assert.deepEqual(pipelines.moved(list, 2, 0), ["c", "a", "b"]);
    assert.deepEqual(pipelines.replaced(list, 1, "x"), ["a", "x", "c"]);
    assert.deepEqual(pipelines.without(list, 1), ["a", "c"]);
    assert.deepEqual(list, ["a", "b", "c"]);
});

const cover = { op: "resize", width: 10, height: 10, fit: "cover" };
const of = (...operations) => ({ outputs: [{ name: "a", operations }] });

test("a focal point is set for cropping operations only", () => {
    const focus = { x: 0.2, y: 0.8 };
    const inside = { ...cover, fit: "inside" };
    const usual = { op: "resize", width: 10, height: 10 };
    const crop = { op: "crop", width: 5, height: 5 };
    const placed = { ...crop, left: 1, top: 1 };
    const aimed = pipelines.withFocus(of(cover, inside, usual, crop, placed), focus).outputs[0].operations;
    assert.deepEqual(aimed, [{ ...cover, position: focus }, inside, { ...usual, position: focus }, { ...crop, position: focus }, placed]);
    assert.deepEqual(pipelines.withFocus({ outputs: [{ name: "a" }] }, focus).outputs, [{ name: "a", operations: [] }]);
});

test("whether a focal point matters", () => {
    assert.equal(pipelines.heedsFocus(of(cover)), true);
    assert.equal(pipelines.heedsFocus(of({ ...cover, fit: "inside" })), false);
    assert.equal(pipelines.heedsFocus({ outputs: [{ name: "a" }] }), false);
});

test("pipelines are the same whatever the order of their members", () => {
    assert.ok(pipelines.isSame({ outputs: [{ name: "a", quality: 1 }] }, { outputs: [{ quality: 1, name: "a" }] }));
    assert.ok(!pipelines.isSame({ outputs: [1, 2] }, { outputs: [2, 1] }));
    assert.ok(!pipelines.isSame({ a: 1 }, { a: 1, b: null }));
});
