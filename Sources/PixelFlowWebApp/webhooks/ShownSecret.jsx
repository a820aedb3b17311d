import { Secret } from "../ui/Secret.jsx";
import { Dialog } from "../ui/parts.jsx";

/** The secret of a webhook, which is shown only once. */
export function ShownSecret({ webhook, onClose }) {
    return (
        <Dialog title="Signing secret" onClose={onClose}>
            <p role="alert" className="mb-4 rounded-lg bg-busy-wash px-3 py-2 text-busy">Copy the secret now. It is not shown again, but can be replaced.</p>
            <Secret id="webhook-secret" label="Secret" text={webhook.secret} />
        </Dialog>
    );
}
