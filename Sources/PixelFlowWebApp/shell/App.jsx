import { Toasts } from "../ui/Toasts.jsx";
import { Button, Dialog, Empty } from "../ui/parts.jsx";
import { OverviewPage } from "../overview/OverviewPage.jsx";
import { PresetPage } from "../presets/PresetPage.jsx";
import { PresetsPage } from "../presets/PresetsPage.jsx";
import { changeBack, useSession } from "../service/session.js";
import { showError } from "../service/toasts.js";
import { TaskPage } from "../task/TaskPage.jsx";
import { AccountPage } from "../account/AccountPage.jsx";
import { ResetPage } from "../account/ResetPage.jsx";
import { VerifyPage } from "../account/VerifyPage.jsx";
import { KeysPage } from "../keys/KeysPage.jsx";
import { AuditPage } from "../team/AuditPage.jsx";
import { InvitePage } from "../team/InvitePage.jsx";
import { TeamPage } from "../team/TeamPage.jsx";
import { HomePage } from "../tasks/HomePage.jsx";
import { UsagePage } from "../usage/UsagePage.jsx";
import { WebhookPage } from "../webhooks/WebhookPage.jsx";
import { WebhooksPage } from "../webhooks/WebhooksPage.jsx";
import { Header } from "./Header.jsx";
import { SignInForm } from "./SignInForm.jsx";
import { Welcome } from "./Welcome.jsx";
import { Link, usePath } from "./routing.jsx";

export function App() {
    const { phase } = useSession();
    const Mailed = mailed[usePath()];
    if (Mailed) return <Mailed />;
    if (phase === "out") return <><Welcome /><Toasts /></>;
    return (
        <>
            <a href="#main" className="sr-only z-30 rounded-lg bg-card px-4 py-2 focus:not-sr-only focus:fixed focus:top-2 focus:left-2">
                Skip to the content
            </a>
            <Header />
            <main id="main" tabIndex={-1} className="mx-auto w-full max-w-6xl px-4 py-6 outline-none sm:px-6"><Page /></main>
            <Toasts />
            {phase === "expired" && <SignInAgain />}
            {phase === "moved" && <OtherOrganisation />}
            {phase === "replaced" && <OtherUser />}
        </>
    );
}

/** Pages that links in messages open, with or without a session. */
const mailed = { "/reset": ResetPage, "/verify": VerifyPage };

/** Pages of the menu of the organisation, and of invitation links. */
const settings = { team: TeamPage, invite: InvitePage, keys: KeysPage, audit: AuditPage, account: AccountPage };

function Page() {
    const [, section, name] = usePath().split("/");
    if (!section) return <HomePage />;
    if (section === "tasks" && name) return <TaskPage key={name} id={name} />;
    if (section === "overview") return <OverviewPage />;
    if (section === "usage") return <UsagePage />;
    if (section === "presets") return name ? <PresetPage key={name} name={decodeURIComponent(name)} /> : <PresetsPage />;
    if (section === "webhooks") return name ? <WebhookPage key={name} id={name} /> : <WebhooksPage />;
    const Settings = settings[section];
    if (Settings) return <Settings />;
    return <Empty icon="search" title="This page does not exist"><Link to="/" className="text-accent underline">Go to the tasks</Link></Empty>;
}

/** Covers the page without changing it. */
function SignInAgain() {
    const { email } = useSession();
    return (
        <Dialog title="Your session has ended" className="max-w-sm">
            <p className="mb-4 text-soft">Sign in again to continue where you left off. Nothing you typed is lost.</p>
            <SignInForm email={email} />
        </Dialog>
    );
}

const startAfresh = () => location.assign("/");

/** Covers the page if the session has changed to another organisation. */
function OtherOrganisation() {
    return (
        <Dialog title="You have switched to another organisation" className="max-w-md">
            <p className="mb-4 text-soft">
                You have switched to another organisation in another tab. This page still belongs to the one before. Switch back to continue here.
                Nothing you typed is lost.
            </p>
            <div className="flex flex-wrap justify-end gap-2">
                <Button onClick={startAfresh}>Open the other organisation</Button>
                <Button kind="primary" onClick={() => changeBack().catch(showError)}>Switch back</Button>
            </div>
        </Dialog>
    );
}

/** Covers the page if another user has signed in. */
function OtherUser() {
    const { email } = useSession();
    return (
        <Dialog title="Another user has signed in" className="max-w-md">
            <p className="mb-4 text-soft wrap-anywhere">Another user has signed in to this browser. This page belongs to {email}.</p>
            <div className="flex justify-end"><Button kind="primary" onClick={startAfresh}>Continue as the other user</Button></div>
        </Dialog>
    );
}
