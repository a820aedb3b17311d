import { createContext, useContext, useEffect, useState } from "react";
import { inputClass } from "../ui/parts.jsx";
import { useStore } from "../service/store.js";
import { nameOf, taskStore } from "../tasks/taskStore.js";
import { FocalPicker } from "./FocalPicker.jsx";

/** The schema of pipelines from `useSchema`. */
export const Schema = createContext(null);
/** The validation errors of the service by field path. */
export const Errors = createContext({});
/** The address of an image to choose focal points on; none if there is none. */
export const Preview = createContext("");

/** The message without the field path, because it is shown at the field. */
export function shortened(message, path) {
    const rest = message.replace(path, "").trim();
    return rest[0].toUpperCase() + rest.slice(1);
}

/** The control of one parameter. `path` is its position in the pipeline. */
export function Control({ field, value, onChange, path }) {
    const errors = useContext(Errors);
    const error = errors[path] || (field.type === "position" && (errors[`${path}.x`] || errors[`${path}.y`]));
    const id = `field-${path.replaceAll(/[^a-z0-9]+/gi, "-")}`;
    const about = error ? `${id}-error` : undefined;
    const Kind = kinds[field.type];
    // A type of a later release can still be edited as JSON.
    if (!Kind) return null;
    const shared = { id, field, value, onChange, "aria-invalid": Boolean(error) || undefined, "aria-describedby": about };
    return (
        <div className={field.type === "position" || field.type === "task" ? "sm:col-span-2" : ""}>
            {field.type !== "flag" && <label htmlFor={id} className="mb-1 block text-sm">{field.label}{field.unit && <span className="text-soft"> ({field.unit})</span>}</label>}
            <Kind {...shared} />
            {error && <p id={about} role="alert" className="mt-1 text-sm text-bad">{shortened(error, path)}</p>}
        </div>
    );
}

function NumberControl({ id, field, value, onChange, ...rest }) {
    const read = (event) => {
        const number = event.target.value === "" ? undefined : Number(event.target.value);
        onChange(Number.isNaN(number) ? undefined : number);
    };
    const shown = value === undefined ? "" : value;
    const standard = value === undefined ? (field.default === undefined ? "auto" : String(field.default)) : undefined;
    return (
        <div className="flex items-center gap-2">
            {field.slider && (
                <input type="range" min={field.slider.minimum} max={field.slider.maximum} step={field.slider.step} aria-label={`${field.label}, slider`} className="min-w-0 grow"
                    value={value === undefined ? (field.default ?? (field.slider.minimum + field.slider.maximum) / 2) : value} onChange={read} />
            )}
            <input id={id} type="number" step={field.type === "integer" ? 1 : "any"} min={field.minimum} max={field.maximum} value={shown} onChange={read}
                placeholder={standard} className={`${inputClass} py-1.5 ${field.slider ? "max-w-24" : ""}`} {...rest} />
        </div>
    );
}

function FlagControl({ id, field, value, onChange, ...rest }) {
    const isOn = value === undefined ? Boolean(field.default) : value;
    return (
        <label htmlFor={id} className="flex items-center gap-2 py-1 text-sm">
            <input id={id} type="checkbox" checked={isOn} onChange={(event) => onChange(event.target.checked === Boolean(field.default) ? undefined : event.target.checked)}
                className="size-4" {...rest} />
            {field.label}
        </label>
    );
}

function ChoiceControl({ id, field, value, onChange, ...rest }) {
    return (
        <select id={id} value={value === undefined ? field.default || "" : value} onChange={(event) => onChange(event.target.value)}
            className={`${inputClass} py-1.5`} {...rest}>
            {field.default === undefined && <option value="">Automatic</option>}
            {field.choices.map((choice) => <option key={choice.value} value={choice.value}>{choice.label}</option>)}
        </select>
    );
}

function ColorControl({ id, field, value, onChange, ...rest }) {
    const shown = value === undefined ? field.default || "" : value;
    return (
        <div className="flex items-center gap-2">
            <input type="color" aria-label={`${field.label}, picker`} value={/^#[0-9a-f]{6}/i.test(shown) ? shown.slice(0, 7) : "#ffffff"}
                onChange={(event) => onChange(event.target.value)} className="h-9 w-12 shrink-0 rounded border border-edge bg-card p-0.5" />
            <input id={id} type="text" value={shown} onChange={(event) => onChange(event.target.value)} spellCheck={false}
                className={`${inputClass} py-1.5 font-mono`} {...rest} />
        </div>
    );
}

function PositionControl({ id, field, value, onChange, ...rest }) {
    const preview = useContext(Preview);
    const isPoint = value !== null && typeof value === "object";
    const choose = (event) => onChange(event.target.value === "point" ? { x: 0.5, y: 0.5 } : event.target.value);
    return (
        <div className="grid gap-2">
            <select id={id} value={isPoint ? "point" : value || field.default} onChange={choose} className={`${inputClass} py-1.5`} {...rest}>
                {field.choices.map((choice) => <option key={choice.value} value={choice.value}>{choice.label}</option>)}
                <option value="point">A focal point</option>
            </select>
            {isPoint && <FocalPicker src={preview} point={value} onChange={onChange} />}
        </div>
    );
}

/** An uploaded image, named by its task. */
function TaskControl({ id, value, onChange, field: _, ...rest }) {
    useStore(taskStore, (state) => state.version);
    const uploads = [...taskStore.get().tasks.values()].filter((task) => task.upload).sort((one, other) => (one.id < other.id ? 1 : -1)).slice(0, 30);
    return (
        <>
            <input id={id} type="text" list={`${id}-uploads`} value={value || ""} onChange={(event) => onChange(event.target.value)} spellCheck={false}
                placeholder="Choose an upload" className={`${inputClass} py-1.5 font-mono`} {...rest} />
            <datalist id={`${id}-uploads`}>{uploads.map((task) => <option key={task.id} value={task.id}>{nameOf(task)}</option>)}</datalist>
        </>
    );
}

/** A text field that keeps the text exactly as typed. */
export function JSONControl({ pipeline, onChange }) {
    const [text, setText] = useState("");
    const [error, setError] = useState("");
    const [isMine, setMine] = useState(false);
    useEffect(() => {
        if (isMine) return;
        setText(JSON.stringify(pipeline, null, 2));
        setError("");
    }, [pipeline, isMine]);
    const type = (event) => {
        setText(event.target.value);
        try {
            const read = JSON.parse(event.target.value);
            setError(read && Array.isArray(read.outputs) ? "" : "The pipeline needs a list named outputs.");
            if (read && Array.isArray(read.outputs) && read.outputs.every((output) => output && typeof output === "object")) onChange(read);
        } catch (problem) {
            setError(problem.message);
        }
    };
    return (
        <div className="flex min-w-0 flex-col self-start lg:sticky lg:top-20 lg:h-[calc(100vh-7rem)] lg:max-h-[44rem]">
            <label htmlFor="pipeline-json" className="mb-1 text-sm font-medium">As JSON</label>
            <textarea id="pipeline-json" value={text} onChange={type} onFocus={() => setMine(true)} onBlur={() => setMine(false)} spellCheck={false}
                aria-invalid={Boolean(error) || undefined} aria-describedby={error ? "pipeline-json-error" : undefined}
                className={`${inputClass} min-h-72 grow resize-y bg-sunk font-mono text-sm whitespace-pre`} />
            {error && <p id="pipeline-json-error" className="mt-1 text-sm text-bad">{error}</p>}
        </div>
    );
}

const kinds = {
    integer: NumberControl, number: NumberControl, flag: FlagControl, choice: ChoiceControl, color: ColorControl,
    position: PositionControl, task: TaskControl,
};
