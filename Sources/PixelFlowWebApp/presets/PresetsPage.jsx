import { useEffect, useState } from "react";
import { Icon } from "../ui/Icon.jsx";
import { Button, Card, Dialog, Failure, buttonClass } from "../ui/parts.jsx";
import { describe } from "../pipeline/pipelines.js";
import { useSchema } from "../pipeline/schema.js";
import { ago } from "../service/format.js";
import { useMay } from "../service/session.js";
import { showError, toast } from "../service/toasts.js";
import { Link, useTitle } from "../shell/routing.jsx";
import { loadPresets, purposes, removePreset, savePreset, usePresets } from "./presetStore.js";

export function PresetsPage() {
    const { presets, isLoaded, problem } = usePresets();
    const mayWrite = useMay("presets:write");
    useTitle("Presets");
    useEffect(() => { loadPresets(); }, []);
    return (
        <div className="grid grid-cols-1 gap-6">
            <div className="flex flex-wrap items-center justify-between gap-3">
                <div><h1 className="text-2xl font-semibold">Presets</h1><p className="text-soft">Named pipelines for this page and the API.</p></div>
                {mayWrite && <Link to="/presets/new" className={buttonClass("primary")}><Icon name="plus" />New preset</Link>}
            </div>
            {problem && <Failure problem={problem} onRetry={loadPresets} />}
            <ul className="grid grid-cols-1 gap-4 sm:grid-cols-2 lg:grid-cols-3">
                {!isLoaded && !problem && [1, 2, 3].map((card) => <li key={card} className="h-52 animate-shimmer rounded-2xl bg-sunk" />)}
                {presets.map((preset) => <li key={preset.name}><PresetCard preset={preset} /></li>)}
            </ul>
        </div>
    );
}

function PresetCard({ preset }) {
    const { name, pipeline, priority, built_in: isBuiltIn, updated_at: updatedAt } = preset;
    const { schema } = useSchema();
    const mayWrite = useMay("presets:write");
    const mayUse = useMay("tasks:write");
    const [isAsking, setAsking] = useState(false);
    const remove = async () => {
        setAsking(false);
        try {
            await removePreset(name);
            const restore = () => savePreset(name, pipeline, priority).catch(showError);
            toast(`Preset ${name} deleted.`, { action: { label: "Undo", run: restore }, seconds: 8 });
        } catch (problem) {
            showError(problem);
        }
    };
    return (
        <Card as="article" aria-label={`Preset ${name}`} className="flex h-full flex-col p-4">
            <h2 className="text-lg font-semibold wrap-anywhere">{name}</h2>
            <p className="text-sm text-soft">{isBuiltIn ? `Built in${purposes[name] ? ` · ${purposes[name]}` : ""}` : `Yours, saved ${ago(updatedAt)}`}{priority && ` · ${priority} priority`}</p>
            <ul className="mt-3 grid grow content-start gap-1.5 text-sm">
                {pipeline.outputs.slice(0, 4).map((output) => <li key={output.name} className="truncate" title={describe(output, schema)}><strong className="font-medium">{output.name}</strong> <span className="text-soft">{describe(output, schema)}</span></li>)}
                {pipeline.outputs.length > 4 && <li className="text-soft">and {pipeline.outputs.length - 4} more</li>}
            </ul>
            <div className="mt-4 flex flex-wrap gap-2">
                {mayUse && <Link to={`/?preset=${name}`} aria-label={`Use ${name}`} className={buttonClass("plain", true)}>Use</Link>}
                {mayWrite && <Link to={`/presets/${name}`} aria-label={`${isBuiltIn ? "Change" : "Edit"} ${name}`} className={buttonClass("plain", true)}><Icon name="edit" />{isBuiltIn ? "Change" : "Edit"}</Link>}
                {mayWrite && !isBuiltIn && <Button small kind="bad" icon="trash" aria-label={`Delete ${name}`} onClick={() => setAsking(true)}>Delete</Button>}
            </div>
            {isAsking && (
                <Dialog title={`Delete ${name}?`} onClose={() => setAsking(false)} className="max-w-sm">
                    <p className="mb-4 text-soft">Tasks that used it are not affected.{purposes[name] && " The built-in preset with this name is used again."}</p>
                    <div className="flex justify-end gap-2"><Button onClick={() => setAsking(false)}>Keep</Button><Button kind="bad" icon="trash" onClick={remove}>Delete</Button></div>
                </Dialog>
            )}
        </Card>
    );
}
