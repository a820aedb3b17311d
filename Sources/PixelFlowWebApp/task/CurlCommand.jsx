import { Button, Card } from "../ui/parts.jsx";
import { copy } from "../ui/copying.js";
import { isSame } from "../pipeline/pipelines.js";
import { usePresets } from "../presets/presetStore.js";
import { useSession } from "../service/session.js";
import { curlFor } from "./curl.js";

export function CurlCommand({ task }) {
    const { email } = useSession();
    const { presets } = usePresets();
    const preset = presets.find(({ name }) => name === task.preset);
    // If the preset has been changed since, only the pipeline itself gives the same result.
    const byName = Boolean(preset) && isSame(preset.pipeline, task.pipeline);
    const command = curlFor(task, { origin: location.origin, email, byName });
    return (
        <Card aria-labelledby="curl-heading" className="min-w-0 p-4">
            <div className="flex items-center justify-between gap-2">
                <h2 id="curl-heading" className="text-lg font-semibold">Do the same with curl</h2>
                <Button small icon="copy" aria-label="Copy the curl command" onClick={() => copy(command, "Command")}>Copy</Button>
            </div>
            <pre data-curl tabIndex={0} aria-label="curl command" className="mt-3 overflow-x-auto rounded-lg bg-sunk p-3 font-mono text-sm">{command}</pre>
        </Card>
    );
}
