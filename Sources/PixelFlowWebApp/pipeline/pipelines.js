export const newOutput = (name) => ({ name, operations: [{ op: "resize", width: 1600, height: 1600, fit: "inside" }], format: "webp", quality: 80 });

/** A name that no output has yet. */
export function freeName(outputs) {
    const taken = new Set(outputs.map((output) => output.name));
    for (let number = outputs.length + 1; ; number += 1) {
        if (!taken.has(`output-${number}`)) return `output-${number}`;
    }
}

/** The object with one member changed, or without it if the value is the default. */
export function withMember(object, key, value, standard) {
    const { [key]: _, ...rest } = object;
    return value === undefined || value === "" || value === standard ? rest : { ...rest, [key]: value };
}

export const replaced = (list, index, item) => list.map((old, at) => (at === index ? item : old));
export const without = (list, index) => list.filter((_, at) => at !== index);

export function moved(list, from, to) {
    const next = [...list];
    next.splice(to, 0, ...next.splice(from, 1));
    return next;
}

/** Whether an operation crops the image around a focal point. */
const cuts = (step) => (step.op === "resize" && (step.fit || "cover") === "cover") || (step.op === "crop" && step.left === undefined && step.top === undefined);

export const heedsFocus = (pipeline) => pipeline.outputs.some((output) => (output.operations || []).some(cuts));

/** The pipeline with the focal point in every operation that crops. */
export function withFocus(pipeline, focus) {
    const aim = (step) => (cuts(step) ? { ...step, position: focus } : step);
    return { outputs: pipeline.outputs.map((output) => ({ ...output, operations: (output.operations || []).map(aim) })) };
}

/** A short description of an output, with the labels of the schema once it is loaded. */
export function describe(output, schema) {
    const { operations, formats } = schema || { operations: {}, formats: {} };
    const resize = (output.operations || []).find((step) => step.op === "resize");
    const others = (output.operations || []).filter((step) => step !== resize).map((step) => (operations[step.op] ? operations[step.op].label.toLowerCase() : step.op));
    const size = resize ? (resize.fit === "cover" || !resize.fit) && resize.width && resize.height
        ? `${resize.width} × ${resize.height}` : `${Math.max(resize.width || 0, resize.height || 0)} px` : "full size";
    return [size, formats[output.format || "auto"] || output.format, ...others].filter(Boolean).join(", ");
}

export const isSame = (one, other) => JSON.stringify(canonical(one)) === JSON.stringify(canonical(other));

function canonical(value) {
    if (Array.isArray(value)) return value.map(canonical);
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1)).map(([key, each]) => [key, canonical(each)]));
}
