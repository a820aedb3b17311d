import { useStore } from "../service/store.js";
import { close, toasts } from "../service/toasts.js";
import { Button, IconButton } from "./parts.jsx";

export function Toasts() {
    const shown = useStore(toasts, (state) => state.shown);
    return (
        <div role="status" aria-live="polite" className="pointer-events-none fixed inset-x-4 bottom-4 z-20 grid justify-items-center gap-2">
            {shown.map((one) => <Toast key={one.id} {...one} />)}
        </div>
    );
}

function Toast({ id, text, kind, action }) {
    const run = () => {
        action.run();
        close(id);
    };
    const look = kind === "bad" ? "border-bad text-bad" : "border-line";
    return (
        <div className={`pointer-events-auto flex max-w-full animate-appear items-center gap-3 rounded-xl border bg-card py-2 pr-2 pl-4 shadow-lg ${look}`}>
            <span className="min-w-0 wrap-anywhere">{text}</span>
            {action && <Button small onClick={run}>{action.label}</Button>}
            <IconButton icon="close" label="Dismiss" onClick={() => close(id)} />
        </div>
    );
}
