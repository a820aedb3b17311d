import { Icon, Logo } from "../ui/Icon.jsx";
import { Card } from "../ui/parts.jsx";
import { useSession } from "../service/session.js";
import { SignInForm } from "./SignInForm.jsx";
import { useTitle } from "./routing.jsx";

const promises = [
    ["upload", "Drop photos, get smaller files back", "Resized, converted to WebP or AVIF, upright and without metadata."],
    ["clock", "Watch the progress", "Every step as it happens, without a reload."],
    ["compare", "See what was saved", "Original and result side by side, to the byte."],
];

export function Welcome() {
    const { message } = useSession();
    useTitle("Welcome");
    return (
        <main className="mx-auto grid min-h-screen w-full max-w-5xl content-center items-center gap-10 px-4 py-10 sm:px-6 md:grid-cols-2">
            <div>
                <div className="flex items-center gap-3 text-xl font-semibold"><Logo size={40} />PixelFlow</div>
                <h1 className="mt-6 text-4xl font-bold tracking-tight text-balance">Images in, web-ready images out.</h1>
                <ul className="mt-8 hidden gap-5 md:grid">
                    {promises.map(([icon, title, text]) => (
                        <li key={icon} className="flex gap-4">
                            <span className="grid size-10 shrink-0 place-items-center rounded-xl bg-accent-wash text-accent"><Icon name={icon} /></span>
                            <div><p className="font-semibold">{title}</p><p className="text-soft">{text}</p></div>
                        </li>
                    ))}
                </ul>
            </div>
            <Card className="p-6 shadow-sm sm:p-8"><SignInForm message={message} canRegister /></Card>
        </main>
    );
}
