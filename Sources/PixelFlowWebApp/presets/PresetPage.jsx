import { useEffect, useState } from "react";
import { Icon } from "../ui/Icon.jsx";
import { Choice } from "../ui/Choice.jsx";
import { Button, Empty, Failure, Field } from "../ui/parts.jsx";
import { PipelineEditor } from "../pipeline/PipelineEditor.jsx";
import { newOutput } from "../pipeline/pipelines.js";
import { useValidation } from "../pipeline/useValidation.js";
import { useMay } from "../service/session.js";
import { toast } from "../service/toasts.js";
import { Link, go, useTitle } from "../shell/routing.jsx";
import { loadPresets, savePreset, usePresets } from "./presetStore.js";

const priorities = [["none", "As usual"], ["high", "High"], ["normal", "Normal"], ["low", "Low, for many images"]];

/** Edits a preset; `new` creates one. */
export function PresetPage({ name }) {
    const { presets, isLoaded, problem } = usePresets();
    useTitle(name === "new" ? "New preset" : `Preset ${name}`);
    useEffect(() => { loadPresets(); }, []);
    if (problem) return <Failure problem={problem} onRetry={loadPresets} />;
    if (!isLoaded) return <div role="status" aria-label="Loading the preset" className="h-96 animate-shimmer rounded-2xl bg-sunk" />;
    const preset = name === "new" ? { name: "", pipeline: { outputs: [newOutput("image")] } } : presets.find((one) => one.name === name);
    if (!preset) return <Empty icon="search" title="This preset does not exist"><Link to="/presets" className="text-accent underline">All presets</Link></Empty>;
    return <Editor preset={preset} isNew={name === "new"} />;
}

function Editor({ preset, isNew }) {
    const [name, setName] = useState(preset.name);
    const [pipeline, setPipeline] = useState(preset.pipeline);
    const [priority, setPriority] = useState(preset.priority || "none");
    const [problem, setProblem] = useState(null);
    const { errors } = useValidation(pipeline);
    const mayWrite = useMay("presets:write");
    const isWrong = Object.keys(errors).length > 0;
    const save = async (event) => {
        event.preventDefault();
        setProblem(null);
        try {
            await savePreset(name.trim(), pipeline, priority);
            toast(`Preset ${name.trim()} saved.`);
            go("/presets");
        } catch (refusal) {
            setProblem(refusal);
        }
    };
    const isAboutName = problem && problem.field === "name";
    return (
        <form onSubmit={save} className="grid grid-cols-1 gap-6" noValidate>
            <div className="flex flex-wrap items-end gap-4">
                <div className="min-w-0 grow">
                    <Link to="/presets" className="inline-flex items-center gap-1 text-sm text-soft hover:text-ink"><Icon name="left" size={16} />All presets</Link>
                    <h1 className="mt-1 text-2xl font-semibold wrap-anywhere">{isNew ? "New preset" : preset.name}</h1>
                    {preset.built_in && <p className="text-soft">Built in. A preset that you save under this name replaces it for you.</p>}
                </div>
                <Button type="submit" kind="primary" icon="check" disabled={isWrong || !mayWrite || !name.trim()}>Save preset</Button>
            </div>
            {isNew && <Field id="preset-name" label="Name of the preset" value={name} onChange={(event) => setName(event.target.value)} maxLength={64} spellCheck={false}
                className="max-w-sm" hint="Use a to z, 0 to 9, - and _" error={isAboutName ? problem.message : ""} />}
            <Choice id="preset-priority" label="Priority of tasks that use it" className="max-w-sm" options={priorities} value={priority}
                onChange={(event) => setPriority(event.target.value)} />
            {problem && !isAboutName && <Failure problem={problem} />}
            <PipelineEditor pipeline={pipeline} onChange={setPipeline} errors={errors} />
        </form>
    );
}
