const looks = {
    Enabled: "bg-good-wash text-good", Delivered: "bg-good-wash text-good", Failing: "bg-bad-wash text-bad", Failed: "bg-bad-wash text-bad",
    Disabled: "bg-sunk text-soft", Pending: "bg-busy-wash text-busy",
};

/** The state of a webhook or a delivery. */
export function Badge({ word }) {
    return <span className={`rounded-full px-2 py-0.5 text-sm font-medium whitespace-nowrap ${looks[word]}`}>{word}</span>;
}
