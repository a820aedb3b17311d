import { useContext, useEffect, useRef, useState } from "react";
import { Button, Failure, IconButton, inputClass } from "../ui/parts.jsx";
import { Control, Errors, JSONControl, Preview, Schema, shortened } from "./controls.jsx";
import { describe, freeName, moved, newOutput, replaced, withMember, without } from "./pipelines.js";
import { isUseful, loadSchema, useSchema } from "./schema.js";

/** Edits a pipeline with controls and as text. `errors` are the validation errors of the service. */
export function PipelineEditor({ pipeline, onChange, errors = {}, preview = "" }) {
    const { schema, problem } = useSchema();
    const { outputs } = pipeline;
    const change = (next) => onChange({ ...pipeline, outputs: next });
    const known = Object.entries(errors)[0];
    if (!schema && problem) return <Failure problem={problem} onRetry={loadSchema} />;
    if (!schema) return <div role="status" aria-label="Loading the editor" className="h-96 animate-shimmer rounded-2xl bg-sunk" />;
    return (
        <Schema.Provider value={schema}><Errors.Provider value={errors}>
            <Preview.Provider value={preview}>
                <div className="grid grid-cols-1 gap-6 lg:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
                    <div className="grid min-w-0 grid-cols-1 content-start gap-4">
                        <p role="status" data-validation={known ? "bad" : "good"} className={`min-h-6 text-sm ${known ? "text-bad" : "text-soft"}`}>
                            {known ? known[1] : "Each output is produced from the original, step by step."}
                        </p>
                        {outputs.map((output, index) => (
                            <OutputEditor key={index} output={output} path={`outputs[${index}]`} isOnly={outputs.length === 1}
                                onChange={(next) => change(replaced(outputs, index, next))} onRemove={() => change(without(outputs, index))} />
                        ))}
                        <div><Button icon="plus" onClick={() => change([...outputs, newOutput(freeName(outputs))])}>Add an output</Button></div>
                    </div>
                    <JSONControl pipeline={pipeline} onChange={onChange} />
                </div>
            </Preview.Provider>
        </Errors.Provider></Schema.Provider>
    );
}

function OutputEditor({ output, path, isOnly, onChange, onRemove }) {
    const schema = useContext(Schema);
    const set = (key, value, standard) => onChange(withMember(output, key, value, standard));
    const steps = output.operations || [];
    const [common, rare] = [schema.encoding.filter((field) => !field.rare), schema.encoding.filter((field) => field.rare)];
    const control = (field) => (
        <Control key={field.name} field={field} path={`${path}.${field.name}`} value={output[field.name]} onChange={(value) => set(field.name, value, field.default)} />
    );
    return (
        <fieldset className="min-w-0 rounded-xl border border-line bg-card p-4">
            <legend className="sr-only">Output {output.name}</legend>
            <div className="flex items-end gap-3">
                <NameControl value={output.name} path={`${path}.name`} onChange={(value) => onChange({ ...output, name: value })} />
                <FormatControl output={output} path={path} onChange={(value) => set("format", value, "auto")} />
                <IconButton icon="trash" label={`Remove output ${output.name}`} disabled={isOnly} onClick={onRemove} />
            </div>
            <p className="mt-2 text-sm text-soft">{describe(output, schema)}</p>
            <Steps steps={steps} path={`${path}.operations`} onChange={(next) => onChange({ ...output, operations: next })} />
            <div className="mt-4 grid gap-3 sm:grid-cols-2">{common.map(control)}</div>
            <details className="mt-3">
                <summary className="text-sm font-medium text-accent">More options</summary>
                <div className="mt-3 grid gap-3 sm:grid-cols-2">{rare.map(control)}</div>
            </details>
        </fieldset>
    );
}

function NameControl({ value, path, onChange }) {
    const error = useContext(Errors)[path];
    const id = `field-${path.replaceAll(/[^a-z0-9]+/gi, "-")}`;
    return (
        <div className="min-w-0 grow">
            <label htmlFor={id} className="mb-1 block text-sm font-medium">Name</label>
            <input id={id} value={value || ""} onChange={(event) => onChange(event.target.value)} spellCheck={false} aria-invalid={Boolean(error) || undefined}
                aria-describedby={error ? `${id}-error` : undefined} className={`${inputClass} py-1.5`} />
            {error && <p id={`${id}-error`} role="alert" className="mt-1 text-sm text-bad">{shortened(error, path)}</p>}
        </div>
    );
}

function FormatControl({ output, path, onChange }) {
    const { formats } = useContext(Schema);
    const id = `field-${path.replaceAll(/[^a-z0-9]+/gi, "-")}-format`;
    return (
        <div>
            <label htmlFor={id} className="mb-1 block text-sm font-medium">Format</label>
            <select id={id} value={output.format || "auto"} onChange={(event) => onChange(event.target.value)} className={`${inputClass} py-1.5`}>
                {Object.entries(formats).map(([key, label]) => <option key={key} value={key}>{label}</option>)}
            </select>
        </div>
    );
}

/** The operations in order. Moving an operation keeps the focus on it. */
function Steps({ steps, path, onChange }) {
    const { operations } = useContext(Schema);
    const list = useRef(null);
    const [held, setHeld] = useState(null);
    useEffect(() => {
        if (!held) return;
        const button = list.current.querySelector(`[data-move="${held.index}-${held.way}"]`);
        const other = list.current.querySelector(`[data-move="${held.index}-${held.way === "up" ? "down" : "up"}"]`);
        (button && !button.disabled ? button : other)?.focus();
        setHeld(null);
    }, [held]);
    const move = (from, way) => {
        const to = way === "up" ? from - 1 : from + 1;
        onChange(moved(steps, from, to));
        setHeld({ index: to, way });
    };
    const add = (event) => {
        const op = event.target.value;
        if (op) onChange([...steps, { op, ...operations[op].example }]);
    };
    return (
        <div className="mt-3">
            <ol ref={list} className="grid gap-2">
                {steps.map((step, index) => (
                    <Step key={index} step={step} index={index} count={steps.length} path={`${path}[${index}]`} onMove={move}
                        onChange={(next) => onChange(replaced(steps, index, next))} onRemove={() => onChange(without(steps, index))} />
                ))}
            </ol>
            <label className="mt-2 inline-block">
                <span className="sr-only">Add an operation</span>
                <select value="" onChange={add} className="rounded-lg border border-edge bg-card px-3 py-1.5 text-sm">
                    <option value="">+ Add an operation</option>
                    {Object.entries(operations).map(([op, { label }]) => <option key={op} value={op}>{label}</option>)}
                </select>
            </label>
        </div>
    );
}

function Step({ step, index, count, path, onMove, onChange, onRemove }) {
    const errors = useContext(Errors);
    const { operations } = useContext(Schema);
    const kind = operations[step.op] || { label: step.op || "Unknown", parameters: [] };
    const fields = kind.parameters.filter((field) => isUseful(field, step, kind));
    const control = (field) => (
        <Control key={field.name} field={field} path={`${path}.${field.name}`} value={step[field.name]}
            onChange={(value) => onChange(withMember(step, field.name, value, field.default))} />
    );
    const [common, rare] = [fields.filter((field) => !field.rare), fields.filter((field) => field.rare)];
    return (
        <li className="rounded-lg bg-ground p-3">
            <div className="flex items-center gap-1">
                <span className="grow font-medium"><span className="mr-2 text-soft tabular-nums">{index + 1}</span>{kind.label}</span>
                <IconButton icon="up" data-move={`${index}-up`} label={`Move ${kind.label} up`} disabled={index === 0} onClick={() => onMove(index, "up")} />
                <IconButton icon="down" data-move={`${index}-down`} label={`Move ${kind.label} down`} disabled={index === count - 1} onClick={() => onMove(index, "down")} />
                <IconButton icon="trash" label={`Remove ${kind.label}`} onClick={onRemove} />
            </div>
            {errors[`${path}.op`] && <p role="alert" className="text-sm text-bad">{errors[`${path}.op`]}</p>}
            {common.length > 0 && <div className="mt-2 grid gap-3 sm:grid-cols-2">{common.map(control)}</div>}
            {rare.length > 0 && (
                <details className="mt-2">
                    <summary className="text-sm text-accent">More</summary>
                    <div className="mt-2 grid gap-3 sm:grid-cols-2">{rare.map(control)}</div>
                </details>
            )}
        </li>
    );
}
