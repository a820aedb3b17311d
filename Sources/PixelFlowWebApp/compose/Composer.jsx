import { useEffect, useId, useRef, useState } from "react";
import { Icon } from "../ui/Icon.jsx";
import { Button, Card, Failure, inputClass } from "../ui/parts.jsx";
import { describe } from "../pipeline/pipelines.js";
import { PipelineEditor } from "../pipeline/PipelineEditor.jsx";
import { useSchema } from "../pipeline/schema.js";
import { useValidation } from "../pipeline/useValidation.js";
import { loadPresets, purposes, usePresets } from "../presets/presetStore.js";
import { plural } from "../service/format.js";
import { go, useSearch } from "../shell/routing.jsx";
import { StagedItem } from "./StagedItem.jsx";
import { addFiles, addURL, chosenPipeline, uploads, sendAll, useUploads } from "./uploadStore.js";
import { SaveAsPreset } from "./SaveAsPreset.jsx";
import { useIncoming } from "./useIncoming.js";

export function Composer() {
    const { items, choice, pipeline, priority } = useUploads();
    const { problem } = usePresets();
    const isOver = useIncoming();
    useEffect(() => { loadPresets(); }, []);
    useRequestedPreset();
    return (
        <Card aria-labelledby="new-heading" className="p-4 sm:p-5">
            <h2 id="new-heading" className="sr-only">New task</h2>
            <div className="grid grid-cols-1 gap-5 lg:grid-cols-2">
                <Sources isOver={isOver} isSmall={items.length > 0} />
                <div className="grid min-w-0 grid-cols-1 content-start gap-3">
                    {problem && <Failure problem={problem} onRetry={loadPresets} />}
                    <PresetPicker choice={choice} />
                </div>
            </div>
            {!choice && pipeline && <OwnPipeline pipeline={pipeline} preview={(items.find((item) => item.preview) || {}).preview || ""} />}
            {items.length > 0 && <Staged items={items} priority={priority} />}
        </Card>
    );
}

/** `/?preset=NAME` selects that preset once. */
function useRequestedPreset() {
    const search = useSearch();
    useEffect(() => {
        const parameters = new URLSearchParams(search);
        const name = parameters.get("preset");
        if (!name) return;
        uploads.set({ choice: name });
        go("/", { replace: true });
    }, [search]);
}

function Sources({ isOver, isSmall }) {
    const picker = useRef(null);
    const { url } = useUploads();
    const [urlProblem, setProblem] = useState("");
    const add = (event) => {
        event.preventDefault();
        if (!/^https?:\/\/[^/]/i.test(url.trim())) return setProblem("The address must begin with https:// or http://.");
        setProblem("");
        addURL(url.trim());
    };
    const pick = (event) => {
        addFiles(event.target.files);
        event.target.value = "";
    };
    return (
        <div className="grid min-w-0 grid-cols-1 content-start gap-3">
            <div data-drop className={`grid place-items-center gap-3 rounded-xl border-2 border-dashed px-4 text-center transition-colors
                ${isSmall ? "py-5" : "py-9"} ${isOver ? "border-accent bg-accent-wash" : "border-edge"}`}>
                <span className="text-accent"><Icon name="upload" size={isSmall ? 24 : 36} /></span>
                <p><strong className="font-semibold">Drop photos here</strong> <span className="text-soft">or paste them</span></p>
                <Button kind={isSmall ? "plain" : "primary"} small={isSmall} onClick={() => picker.current.click()}>Choose files</Button>
                <input ref={picker} type="file" accept="image/*" multiple onChange={pick} className="hidden" aria-label="Choose files" />
            </div>
            <form onSubmit={add} noValidate>
                <div className="flex gap-2">
                    <label className="relative min-w-0 grow">
                        <span className="sr-only">URL of an image</span>
                        <Icon name="link" className="absolute top-3 left-3 text-soft" />
                        <input type="url" value={url} onChange={(event) => { uploads.set({ url: event.target.value }); setProblem(""); }}
                            placeholder="or the URL of an image" className={`${inputClass} pl-9`} aria-invalid={Boolean(urlProblem) || undefined}
                            aria-describedby={urlProblem ? "url-error" : undefined} />
                    </label>
                    <Button type="submit" disabled={!url.trim()}>Add</Button>
                </div>
                {urlProblem && <p id="url-error" role="alert" className="mt-1 text-sm text-bad">{urlProblem}</p>}
            </form>
        </div>
    );
}

function PresetPicker({ choice }) {
    const { presets, isLoaded } = usePresets();
    const { schema } = useSchema();
    const chooseOwn = () => uploads.set((state) => ({ choice: "", pipeline: state.pipeline || chosenPipeline(state) || presets[0].pipeline }));
    return (
        <fieldset className="min-w-0">
            <legend className="mb-2 text-sm font-medium">Outputs</legend>
            <div className="grid max-h-80 grid-cols-1 gap-2 overflow-y-auto p-1 -m-1">
                {!isLoaded && [1, 2, 3].map((row) => <div key={row} className="h-[62px] animate-shimmer rounded-xl bg-sunk" />)}
                {presets.map(({ name, pipeline, priority }) => (
                    <Option key={name} isChosen={choice === name} onChoose={() => uploads.set({ choice: name })} title={name}
                        extra={[purposes[name], priority && `${priority} priority`].filter(Boolean).join(" · ")}
                        text={pipeline.outputs.map((output) => describe(output, schema)).join(" · ")} />
                ))}
                {isLoaded && <Option isChosen={choice === ""} onChoose={chooseOwn} title="Your own" extra="Sizes, formats, effects" text="Build a pipeline step by step, starting from the selected preset" />}
            </div>
        </fieldset>
    );
}

function Option({ isChosen, onChoose, title, extra, text }) {
    const id = useId();
    return (
        <label htmlFor={id} className={`flex items-start gap-3 rounded-xl border px-3 py-2 ${isChosen ? "border-accent bg-accent-wash" : "border-line hover:border-edge"}`}>
            <input id={id} type="radio" name="preset" checked={isChosen} onChange={onChoose} className="mt-1 size-4 shrink-0" />
            <span className="min-w-0">
                <span className="font-medium">{title}</span>{extra && <span className="text-soft"> · {extra}</span>}
                <span className="block truncate text-sm text-soft" title={text}>{text}</span>
            </span>
        </label>
    );
}

function OwnPipeline({ pipeline, preview }) {
    const { errors } = useValidation(pipeline);
    return (
        <div className="mt-5 border-t border-line pt-5">
            <div className="mb-2 flex flex-wrap items-center justify-between gap-2">
                <h3 className="text-lg font-semibold">Your pipeline</h3>
                <SaveAsPreset pipeline={pipeline} isDisabled={Object.keys(errors).length > 0} />
            </div>
            <PipelineEditor pipeline={pipeline} errors={errors} preview={preview} onChange={(next) => uploads.set({ pipeline: next })} />
        </div>
    );
}

function Staged({ items, priority }) {
    const ready = items.filter((item) => item.state === "ready");
    return (
        <div className="mt-5 border-t border-line pt-5">
            <ul className="grid grid-cols-1 gap-3 sm:grid-cols-2 lg:grid-cols-3" aria-label="Images to process">
                {items.map((item) => <StagedItem key={item.id} item={item} />)}
            </ul>
            <div className="mt-4 flex flex-wrap items-center justify-end gap-3">
                <label className="flex items-center gap-2">
                    <span className="text-sm text-soft">Priority</span>
                    <select value={priority} onChange={(event) => uploads.set({ priority: event.target.value })} className={inputClass}>
                        <option value="">As usual</option>
                        <option value="high">High</option>
                        <option value="normal">Normal</option>
                        <option value="low">Low, for many images</option>
                    </select>
                </label>
                <Button kind="primary" icon="check" disabled={!ready.length} onClick={sendAll} className="w-full sm:w-auto">
                    {ready.length ? `Process ${plural(ready.length, "image")}` : "Sending …"}
                </Button>
            </div>
        </div>
    );
}
